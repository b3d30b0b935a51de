// One server for each folder.

import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { tryLock } from 'fs-native-extensions';
import { folderOpenError, StoreOpenError } from '../storeOpenError.ts';
import { createPrivateFolder, openForReading, openPrivateFile } from './privateFiles.ts';
import { DATA_FILE, LMDB_LOCK_FILE, NEW_PREFIX } from './storeFileNames.ts';

const LOCK_FILE = 'server.lock';

/**
 * The writer of a server that was killed needs a moment to notice, and to finish its last commit.
 */
const LOCK_TIMEOUT_MS = 2000;
const RETRY_MS = 20;

/**
 * Makes sure that nobody else serves a folder, which is made where there is none.
 *
 * @returns A descriptor. The folder is ours until it is closed here and in every process that was
 *   given it, however they end.
 * @throws StoreOpenError where the folder cannot be used, or another server uses it.
 */
export async function lockFolder(folder: string): Promise<number> {
  const lock = openLockFile(folder);
  const endsAtMs = performance.now() + LOCK_TIMEOUT_MS;
  while (!tryLock(lock)) {
    if (performance.now() > endsAtMs) {
      closeSync(lock);
      throw new StoreOpenError(
        `${folder} is in use by another server; stop that one, or choose another folder with --store`,
      );
    }
    await setTimeout(RETRY_MS);
  }
  return lock;
}

/**
 * Whether a server uses a folder. Needs no leave to write in it.
 *
 * @returns `false` also if that cannot be found out: the lock file is not ours to read, or its file
 *   system knows no locks.
 * @throws StoreOpenError if the lock is a link, or no regular file.
 */
export function isFolderInUse(folder: string): boolean {
  try {
    const lock = openForReading(join(folder, LOCK_FILE));
    try {
      // A server that starts at this moment tries again.
      return !tryLock(lock, { shared: true });
    } finally {
      closeSync(lock);
    }
  } catch (error) {
    if (error instanceof StoreOpenError) throw error;
    return false;
  }
}

function openLockFile(folder: string): number {
  try {
    createPrivateFolder(folder, isStoreFile);
    return openPrivateFile(join(folder, LOCK_FILE));
  } catch (error) {
    throw error instanceof StoreOpenError ? error : folderOpenError(folder, error);
  }
}

function isStoreFile(name: string): boolean {
  return [LOCK_FILE, DATA_FILE, LMDB_LOCK_FILE].includes(name) || name.startsWith(NEW_PREFIX);
}
