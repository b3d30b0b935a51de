// Reads the messages of a folder in which an earlier version stored them in LMDB, so that a
// `messages.log` can be made of them. `data.mdb` stays as it is.
//
// LMDB maps its file and trusts it, so a damaged file may crash the process. A child process reads
// it (lmdbReader.ts), and every record is checked here.

import { fork } from 'node:child_process';
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorMessage } from '../../../access/errorMessage.ts';
import { errorCode } from '../../../access/systemErrors.ts';
import type { HistoryEntry } from '../history.ts';
import { InvalidEntryError } from '../historyEntry.ts';
import { StoreOpenError } from '../storeOpenError.ts';
import { LMDB_DATA_FILE } from './fileNames.ts';
import { decodeRecord } from './lmdbRecord.ts';
import { openForReading } from './privateFiles.ts';
import type { NumberedEntries } from './readLog.ts';

const READER = fileURLToPath(new URL('./lmdbReader.js', import.meta.url));

/** Sent once by the child process. */
export type LmdbReaderReply =
  | { is: 'read'; records: LmdbRecord[] }
  /** The package cannot be loaded. */
  | { is: 'missing' }
  | { is: 'failed'; reason: string };

interface LmdbRecord {
  number: number;
  bytes: Uint8Array;
}

/**
 * @param folder Locked by this process, so that no server of an earlier version uses it.
 * @returns `undefined` if the folder holds no `data.mdb`.
 * @throws StoreOpenError if the file cannot be read, or is damaged.
 */
export async function readLmdbFolder(folder: string): Promise<NumberedEntries | undefined> {
  const path = join(folder, LMDB_DATA_FILE);
  if (!isThere(path)) return undefined;
  const reply = await readInChild(folder);
  switch (reply.is) {
    case 'read':
      return decodeAll(path, reply.records);
    case 'missing':
      throw new StoreOpenError(
        `cannot convert ${path}: the package lmdb is missing; run npm install lmdb in motd's folder, or move the file away to start empty`,
      );
    case 'failed':
      throw damaged(path, reply.reason);
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

function readInChild(folder: string): Promise<LmdbReaderReply> {
  const child = fork(READER, [folder], {
    execArgv: [],
    serialization: 'advanced',
    // LMDB prints details for its developers.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  return new Promise((resolve) => {
    child.once('message', (reply: LmdbReaderReply) => resolve(reply));
    child.once('error', (error) => resolve({ is: 'failed', reason: errorMessage(error) }));
    // 'close', not 'exit': by then, every message has been read.
    child.once('close', (status, signal) =>
      resolve({ is: 'failed', reason: `its reader ended (${signal ?? `status ${status}`})` }),
    );
  });
}

function decodeAll(path: string, records: readonly LmdbRecord[]): NumberedEntries {
  const entries: HistoryEntry[] = [];
  const first = records[0]?.number ?? 1;
  for (const { number, bytes } of records) {
    try {
      if (number !== first + entries.length) throw new InvalidEntryError('is out of sequence');
      entries.push(decodeRecord(number, Buffer.from(bytes)));
    } catch (error) {
      if (!(error instanceof InvalidEntryError)) throw error;
      throw damaged(path, `record ${number} ${error.message}`);
    }
  }
  return { first, entries };
}

function damaged(path: string, fault: string): StoreOpenError {
  return new StoreOpenError(
    `${path} is damaged, or another program's: ${fault}; restore a backup, or move the file away to start empty`,
  );
}
