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
import { folderOpenError, StoreOpenError } from '../storeOpenError.ts';
import { decodeLmdbEntries } from './lmdbEntries.ts';
import type { Opened } from './lmdbIpc.ts';
import { readSnapshot } from './lmdbSnapshot.ts';
import { openPrivateFile, restrictToOwner } from './privateFiles.ts';
import { DATA_FILE, LMDB_LOCK_FILE, NEW_PREFIX } from './storeFileNames.ts';

export type LmdbDatabase = RootDatabase<Buffer, number>;

/**
 * Opens the database in a folder.
 *
 * @param fileId Which file it has to be. Without it, one is made if there is none.
 * @throws StoreOpenError where that cannot be, or its file is damaged or not ours; it is then
 *   as it was.
 */
export async function openDatabase(
  folder: string,
  fileId?: string,
): Promise<{ database: LmdbDatabase; file: string; opened: Opened }> {
  const file = join(folder, DATA_FILE);
  let foundId = restrictFiles(folder);
  if (fileId !== undefined && foundId !== fileId) {
    throw new StoreOpenError(`${file} is not the file that was written before`);
  }
  if (foundId === undefined) {
    await createDatabase(folder);
    foundId = restrictFiles(folder);
  }
  // Before LMDB opens it, which may change it: it may not be ours.
  const contents = decodeLmdbEntries(file, (await readSnapshot(file)).bytes);
  return {
    database: openWithLmdb(folder),
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
function restrictFiles(folder: string): string | undefined {
  try {
    // It crashes if it cannot make its lock file.
    closeSync(openPrivateFile(join(folder, LMDB_LOCK_FILE)));
    return restrictToOwner(join(folder, DATA_FILE));
  } catch (error) {
    throw error instanceof StoreOpenError ? error : folderOpenError(folder, error);
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
    await openWithLmdb(aside).close();
    sync(join(aside, DATA_FILE));
    renameSync(join(aside, DATA_FILE), join(folder, DATA_FILE));
    rmSync(aside, { recursive: true });
    sync(folder);
    sync(dirname(resolve(folder)));
  } catch (error) {
    throw error instanceof StoreOpenError ? error : folderOpenError(folder, error);
  }
}

function openWithLmdb(folder: string): LmdbDatabase {
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
    });
  } catch (error) {
    throw folderOpenError(folder, error);
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
