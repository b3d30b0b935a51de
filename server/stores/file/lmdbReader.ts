// The main module of the process that reads the database of an earlier version (convertLmdb.ts).

import '../../ignoreDebugSignal.ts';

import process from 'node:process';
import { errorMessage } from '../../../access/errorMessage.ts';
import type { LmdbReaderReply } from './convertLmdb.ts';

const [, , folder = ''] = process.argv;

// LMDB may create its lock file, by default for all users.
process.umask(0o077);
void read().then((report) => process.send?.(report, () => process.exit()));

async function read(): Promise<LmdbReaderReply> {
  const lmdb = await import('lmdb').catch(() => undefined);
  if (lmdb === undefined) return { is: 'missing' };
  try {
    const database = lmdb.open<Buffer, number>({
      path: folder,
      readOnly: true,
      noSubdir: false,
      encoding: 'binary',
      keyEncoding: 'uint32',
    });
    const records = [...database.getRange()].map(({ key, value }) => ({
      number: key,
      bytes: Buffer.from(value),
    }));
    return { is: 'read', records };
  } catch (error) {
    return { is: 'failed', reason: errorMessage(error) };
  }
}
