// The database in a folder: made, looked through and read before anything is written to it.

import {
  closeSync,
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
import { InvalidEntryError } from './historyEntry.ts';
import { lmdbFileFault } from './lmdbFile.ts';
import { decodeRecord } from './lmdbRecord.ts';
import type { Contents, Opened } from './lmdbReport.ts';
import { makePrivate } from './privateFiles.ts';
import { DATA_FILE, LMDB_LOCK_FILE, NEW_PREFIX } from './storeFiles.ts';
import { UnusableStoreError, unusable } from './unusableStore.ts';

export type Database = RootDatabase<Buffer, number>;

/**
 * Opens the database in a folder.
 *
 * @param fileId Which file it has to be. Without it, one is made if there is none.
 * @throws UnusableStoreError where that cannot be, or its file is damaged or not ours; it is then
 *   as it was.
 */
export async function openFolder(
  folder: string,
  fileId?: string,
): Promise<{ database: Database; file: string; opened: Opened }> {
  const file = join(folder, DATA_FILE);
  let foundId = closeFilesToOthers(folder);
  if (fileId !== undefined && foundId !== fileId) {
    throw new UnusableStoreError(`${file} is not the file that was written before`);
  }
  if (foundId === undefined) {
    await createDatabase(folder);
    foundId = closeFilesToOthers(folder);
  }
  const contents = await readContents(folder, file);
  return {
    database: openDatabase(folder),
    file,
    opened: { ...contents, fileId: foundId ?? '' },
  };
}

/**
 * LMDB opens its files by name, and follows links: what the names stand for is checked first. It
 * must not have them open yet, because closing a file drops every lock on it (fcntl(2)).
 *
 * @returns Which file the database is; `undefined` if there is none.
 */
function closeFilesToOthers(folder: string): string | undefined {
  try {
    makePrivate(join(folder, LMDB_LOCK_FILE));
    return makePrivate(join(folder, DATA_FILE));
  } catch (error) {
    throw error instanceof UnusableStoreError ? error : unusable(folder, error);
  }
}

/**
 * Makes an empty database. It is made aside and renamed once it is safe, so that a file that is
 * empty or cut short is never a beginning, and always damage.
 */
async function createDatabase(folder: string): Promise<void> {
  try {
    for (const name of readdirSync(folder)) {
      if (name.startsWith(NEW_PREFIX)) rmSync(join(folder, name), { recursive: true });
    }
    const aside = mkdtempSync(join(folder, NEW_PREFIX));
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
  let first = 1;
  for (const { key, value } of database.getRange()) {
    if (entries.length === 0) first = key;
    const number = first + entries.length;
    if (key !== number || key < 1) throw damaged(file, `record ${key} is not the next one`);
    entries.push(checkedRecord(file, key, value));
  }
  await database.close();
  return { first, entries };
}

function checkedRecord(file: string, number: number, value: Buffer): HistoryEntry {
  try {
    return decodeRecord(number, value);
  } catch (error) {
    if (!(error instanceof InvalidEntryError)) throw error;
    throw damaged(file, `record ${number} ${error.message}`);
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
