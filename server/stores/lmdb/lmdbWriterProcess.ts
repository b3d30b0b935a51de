// The writer process's main module. It alone opens the database, sends the entries to the store
// once, and commits what it receives (lmdbStore.ts explains why this is a process of its own).
//
// It exits when its parent does. It ignores the signals that a terminal or a service manager sends
// to the whole process group, so that requests it has received are committed first.

import '../../ignoreDebugSignal.ts';

import process from 'node:process';
import { errorMessage } from '../../../access/errorMessage.ts';
import { type LmdbDatabase, openDatabase } from './lmdbDatabase.ts';
import type { CommitRequest, LmdbReply } from './lmdbIpc.ts';
import { MetaPageBackup } from './lmdbMetaPageBackup.ts';
import { encodeRecord } from './lmdbRecord.ts';

/** Keys are unsigned 32-bit integers. */
const MAX_NUMBER = 0xffff_ffff;

const [, , folder = '', fileId] = process.argv;

// By default LMDB creates files that every user can read.
process.umask(0o077);
for (const signal of ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'] as const) {
  process.on(signal, () => {});
}
process.on('disconnect', () => process.exit());
await serve().catch((error: unknown) => reply({ is: 'openFailed', reason: lmdbReason(error) }));

async function serve(): Promise<void> {
  const { database, path, opened } = await openDatabase(folder, fileId);
  const metaPageBackup = new MetaPageBackup(path);
  process.on('message', (request: CommitRequest) => {
    const result = tryToCommit(database, metaPageBackup, request);
    // A commit to a file that has lost its name would be gone after a restart.
    const isInPlace = metaPageBackup.isOpenedFrom(path);
    const reason = `${path} was moved or deleted; put it back, or restart the server`;
    reply(isInPlace ? result : { is: 'failed', reason });
  });
  reply({ is: 'opened', ...opened });
}

/** After a failure LMDB's memory may be inconsistent: this process must not write again. */
function tryToCommit(
  database: LmdbDatabase,
  metaPageBackup: MetaPageBackup,
  request: CommitRequest,
): LmdbReply {
  try {
    metaPageBackup.save();
    commit(database, request);
    return { is: 'committed' };
  } catch (error) {
    metaPageBackup.restore();
    return { is: 'failed', reason: lmdbReason(error) };
  }
}

/** LMDB writes the pages, syncs (fdatasync), and then writes the meta page through O_DSYNC. */
function commit(database: LmdbDatabase, { first, entries, oldest }: CommitRequest): void {
  // LMDB would wrap the next key around to 0.
  if (first + entries.length - 1 > MAX_NUMBER) {
    throw new Error(
      `the highest entry number is ${MAX_NUMBER}; copy the store with motd copy-store`,
    );
  }
  database.transactionSync(() => {
    // An earlier commit may have succeeded without being acknowledged: replace its entries.
    for (const number of [...database.getKeys({ start: first })]) database.removeSync(number);
    for (const number of [...database.getKeys({ end: oldest })]) database.removeSync(number);
    for (const [index, entry] of entries.entries()) {
      const number = first + index;
      if (number >= oldest) database.putSync(number, encodeRecord(number, entry));
    }
  });
}

/** The error message without the details for LMDB's developers. */
function lmdbReason(error: unknown): string {
  return errorMessage(error).replace(/: Attempting to write page .*/, '');
}

function reply(message: LmdbReply): void {
  process.send?.(message);
}
