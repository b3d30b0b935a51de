// Opens the database in a folder: creates it if there is none, and checks it before LMDB opens it.

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
import type { OpenedFile } from './lmdbIpc.ts';
import { readSnapshot } from './lmdbSnapshot.ts';
import { openPrivateFile, restrictToOwner } from './privateFiles.ts';
import { DATA_FILE, LMDB_LOCK_FILE, NEW_PREFIX } from './storeFileNames.ts';

export type LmdbDatabase = RootDatabase<Buffer, number>;

/**
 * @param fileId The file that must be there; if omitted, a missing file is created.
 * @throws StoreOpenError if the database cannot be opened, is damaged, or is another program's. The
 *   file is then unchanged.
 */
export async function openDatabase(
  folder: string,
  fileId?: string,
): Promise<{ database: LmdbDatabase; path: string; opened: OpenedFile }> {
  const path = join(folder, DATA_FILE);
  let foundId = restrictFiles(folder);
  if (fileId !== undefined && foundId !== fileId) {
    throw new StoreOpenError(
      `${path} was replaced or deleted while the server ran; put it back, or restart the server`,
    );
  }
  if (foundId === undefined) {
    await createDatabase(folder);
    foundId = restrictFiles(folder);
  }
  // Check before LMDB opens the file, which may change it.
  const entries = decodeLmdbEntries(path, (await readSnapshot(path)).bytes);
  return {
    database: openWithLmdb(folder),
    path,
    opened: { ...entries, fileId: foundId ?? '' },
  };
}

/**
 * Rejects links in place of the files, because LMDB would follow them, and removes the access of
 * other users. LMDB must not have the files open: closing a file releases every lock on it
 * (fcntl(2)).
 *
 * @returns The ID of the data file; `undefined` if there is none.
 */
function restrictFiles(folder: string): string | undefined {
  try {
    // LMDB crashes if it cannot create its lock file.
    closeSync(openPrivateFile(join(folder, LMDB_LOCK_FILE)));
    return restrictToOwner(join(folder, DATA_FILE));
  } catch (error) {
    throw error instanceof StoreOpenError ? error : folderOpenError(folder, error);
  }
}

/**
 * Creates an empty database in a temporary folder, and renames it after it is synced. So an empty
 * or truncated file in the store's folder is always damage, never an interrupted start.
 */
async function createDatabase(folder: string): Promise<void> {
  try {
    for (const name of readdirSync(folder)) {
      if (name.startsWith(NEW_PREFIX)) rmSync(join(folder, name), { recursive: true });
    }
    const temporary = mkdtempSync(join(folder, NEW_PREFIX));
    await openWithLmdb(temporary).close();
    sync(join(temporary, DATA_FILE));
    renameSync(join(temporary, DATA_FILE), join(folder, DATA_FILE));
    rmSync(temporary, { recursive: true });
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
      // A commit returns only after its sync.
      overlappingSync: false,
      // Clear unused bytes of pages: they may hold secrets from this process's memory.
      noMemInit: false,
    });
  } catch (error) {
    throw folderOpenError(folder, error);
  }
}

/** Syncs a file, or the names in a folder, to disk (fsync(2)). */
function sync(path: string): void {
  // Windows cannot sync folders, or files that are not open for writing.
  if (platform() === 'win32') return;
  const descriptor = openSync(path, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}
