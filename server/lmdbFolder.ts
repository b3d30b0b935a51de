// The database in a folder: made, looked through and read before anything is written to it.

import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { platform } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import type { HistoryEntry } from './history.ts';
import { lmdbFileFault } from './lmdbFile.ts';
import { decodeRecord } from './lmdbRecord.ts';
import type { Contents } from './lmdbReport.ts';
import { makePrivate } from './privateFiles.ts';
import { reasonOf } from './reason.ts';
import { UnusableStoreError, unusable } from './unusableStore.ts';

/** LMDB's own names for its files in a folder. */
const DATA_FILE = 'data.mdb';
const LOCK_FILE = 'lock.mdb';

/** Where a new one is made. Nobody else's folder is called so. */
const ASIDE = '.motd-new-';

export type Database = RootDatabase<Buffer, number>;

/**
 * Opens the database in a folder, and makes one where there is none.
 *
 * @throws UnusableStoreError where that cannot be, or its file is damaged or not ours; it is then
 *   as it was.
 */
export async function openFolder(
  folder: string,
): Promise<{ database: Database; file: string; contents: Contents }> {
  const file = join(folder, DATA_FILE);
  keepPrivate(folder);
  if (!existsSync(file)) await createDatabase(folder);
  const contents = await readContents(folder, file);
  return { database: openDatabase(folder), file, contents };
}

/** What LMDB finds is for this user alone; for what it makes, lmdbProcess.ts sees to that. */
function keepPrivate(folder: string): void {
  try {
    for (const name of [DATA_FILE, LOCK_FILE]) makePrivate(join(folder, name));
  } catch (error) {
    throw unusable(folder, error);
  }
}

/**
 * Makes an empty database. It is made aside and renamed once it is safe, so that a file that is
 * empty or cut short is never a beginning, and always damage.
 */
async function createDatabase(folder: string): Promise<void> {
  try {
    for (const name of readdirSync(folder)) {
      if (name.startsWith(ASIDE)) rmSync(join(folder, name), { recursive: true });
    }
    const aside = mkdtempSync(join(folder, ASIDE));
    await openDatabase(aside).close();
    sync(join(aside, DATA_FILE));
    renameSync(join(aside, DATA_FILE), join(folder, DATA_FILE));
    rmSync(aside, { recursive: true });
    sync(folder);
    sync(dirname(resolve(folder)));
  } catch (error) {
    throw error instanceof UnusableStoreError ? error : unusable(folder, error);
  }
}

/** Every record in the file, read without changing it: it may not be ours. */
async function readContents(folder: string, file: string): Promise<Contents> {
  const fault = await lmdbFileFault(file);
  if (fault !== undefined) throw damaged(file, fault);

  const database = openDatabase(folder, { readOnly: true });
  const entries: HistoryEntry[] = [];
  let first: number | undefined;
  for (const { key, value } of database.getRange()) {
    first ??= key;
    if (key !== first + entries.length) throw damaged(file, `record ${key} is out of order`);
    entries.push(entryIn(file, key, value));
  }
  await database.close();
  return { first: first ?? 1, entries };
}

function entryIn(file: string, number: number, bytes: Buffer): HistoryEntry {
  try {
    return decodeRecord(number, bytes);
  } catch (error) {
    throw damaged(file, `record ${number} ${reasonOf(error)}`);
  }
}

function openDatabase(folder: string, options: { readOnly?: boolean } = {}): Database {
  try {
    return open<Buffer, number>({
      path: folder,
      noSubdir: false,
      encoding: 'binary',
      keyEncoding: 'uint32',
      // A commit is not done before its sync is.
      overlappingSync: false,
      // What else is in our memory has no business in a file.
      noMemInit: false,
      ...options,
    });
  } catch (error) {
    throw unusable(folder, error);
  }
}

/** Waits until a file, or what a folder names, is on the disk (fsync(2)). */
function sync(path: string): void {
  // Windows syncs no folders, and no file that is not open for writing.
  if (platform() === 'win32') return;
  const descriptor = openSync(path, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}

function damaged(file: string, fault: string): UnusableStoreError {
  return new UnusableStoreError(
    `${file} is damaged or not ours: ${fault}; put a copy back, or move it away to begin anew`,
  );
}
