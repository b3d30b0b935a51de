// Reads the messages of a folder in which an earlier version stored them in LMDB, so that a
// `messages.log` can be made of them. `data.mdb` stays as it is.
//
// LMDB maps its file and trusts it, so a damaged file may crash the process, or hang it. A child
// process reads it (lmdbReader.ts), and every record is checked here. A child that does not start,
// or is killed, proves no damage.

import { type ChildProcess, fork } from 'node:child_process';
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorMessage } from '../../../access/errorMessage.ts';
import { errorCode } from '../../../access/systemErrors.ts';
import { History } from '../history.ts';
import { InvalidRecordError } from '../recordFields.ts';
import { StoreOpenError } from '../storeOpenError.ts';
import { LMDB_DATA_FILE } from './fileNames.ts';
import { decodeRecord } from './lmdbRecord.ts';
import { openForReading } from './privateFiles.ts';

/** For a database of the longest history on a slow disk. */
const READ_TIMEOUT_MS = 60_000;

/** How the process ends if LMDB follows an invalid reference, or finds one. */
const CRASHES: readonly (string | null)[] = ['SIGSEGV', 'SIGBUS', 'SIGABRT'];

const READER = fileURLToPath(new URL('./lmdbReader.js', import.meta.url));

/** Sent once by the child process. */
export type LmdbReaderReply =
  | { is: 'read'; records: LmdbRecord[] }
  /** The package cannot be loaded. */
  | { is: 'missing' }
  | { is: 'failed'; reason: string };

type ReadResult = LmdbReaderReply | { is: 'notRead'; reason: string };

interface LmdbRecord {
  number: number;
  bytes: Uint8Array;
}

/**
 * @param folder Locked by this process, so that no server of an earlier version uses it.
 * @param historyLimit That of the result.
 * @returns `undefined` if the folder holds no `data.mdb`.
 * @throws StoreOpenError if the file cannot be read, or is damaged.
 */
export async function readLmdbFolder(
  folder: string,
  historyLimit: number,
): Promise<History | undefined> {
  const path = join(folder, LMDB_DATA_FILE);
  if (!isThere(path)) return undefined;
  const reply = await readInChild(folder).catch((error: unknown) => endedWith(errorMessage(error)));
  switch (reply.is) {
    case 'read':
      return decodeAll(path, reply.records, new History(historyLimit));
    case 'missing':
      throw new StoreOpenError(
        'store-not-converted',
        `cannot convert ${path}: the package lmdb is missing; run npm install lmdb in motd's folder, or move the file away to start empty`,
      );
    case 'failed':
      throw damaged(path, reply.reason);
    case 'notRead':
      throw new StoreOpenError('store-not-converted', `cannot convert ${path}: ${reply.reason}`);
    default:
      return reply satisfies never;
  }
}

function isThere(path: string): boolean {
  try {
    closeSync(openForReading(path));
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

function startReader(folder: string): ChildProcess {
  return fork(READER, [folder], {
    execArgv: [],
    serialization: 'advanced',
    // LMDB prints details for its developers.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
}

function readInChild(folder: string): Promise<ReadResult> {
  return new Promise((resolve) => {
    const child = startReader(folder);
    const settle = (result: ReadResult) => {
      clearTimeout(timer);
      resolve(result);
    };
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      const seconds = READ_TIMEOUT_MS / 1000;
      const reason = `it was not read within ${seconds} s; check the disk, or restore a backup, and start the server again`;
      settle({ is: 'notRead', reason });
    }, READ_TIMEOUT_MS);
    child.once('message', (reply: LmdbReaderReply) => settle(reply));
    child.once('error', (error) => settle(endedWith(errorMessage(error))));
    // 'close', not 'exit': by then, every message has been read.
    child.once('close', (status, signal) => {
      const how = signal ?? `status ${status}`;
      const isFault = signal === null || CRASHES.includes(signal);
      settle(isFault ? { is: 'failed', reason: `its reader ended (${how})` } : endedWith(how));
    });
  });
}

/** The system did not let the child read, for example for lack of memory. */
function endedWith(how: string): ReadResult {
  return {
    is: 'notRead',
    reason: `its reader ended (${how}); check the free memory, and start the server again`,
  };
}

function decodeAll(path: string, records: readonly LmdbRecord[], history: History): History {
  for (const { number, bytes } of records) {
    try {
      const isNext = history.last === 0 || number === history.last + 1;
      if (!isNext) throw new InvalidRecordError('is out of sequence');
      history.add(decodeRecord(number, Buffer.from(bytes)), number);
    } catch (error) {
      if (!(error instanceof InvalidRecordError)) throw error;
      throw damaged(path, `record ${number} ${error.message}`);
    }
  }
  return history;
}

function damaged(path: string, fault: string): StoreOpenError {
  return new StoreOpenError(
    'store-damaged',
    `${path} is damaged, or another program's: ${fault}; restore a backup, or move the file away to start empty`,
  );
}
