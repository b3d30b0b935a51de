// A lock that allows one server per folder.

import { closeSync, ftruncateSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { tryLock } from 'fs-native-extensions';
import { FolderInUseError, StoreOpenError } from '../storeOpenError.ts';
import { SERVER_LOCK_FILE } from './fileNames.ts';
import { answeringHolder } from './lockHolder.ts';
import { createPrivateFolder, openForReading, openPrivateFile } from './privateFiles.ts';

/** A killed server needs time to end: its last system call may have to return first. */
const LOCK_TIMEOUT_MS = 2000;
const RETRY_DELAY_MS = 20;

/**
 * Locks a folder, and creates it if it does not exist.
 *
 * @returns A descriptor. The lock is held until the descriptor is closed, or the process ends,
 *   however it does.
 * @throws FolderInUseError if another server uses it: at once if that server answers. Otherwise as
 *   `openPrivateFile`, or what the lock throws: some file systems have none.
 */
export async function lockFolder(folder: string): Promise<number> {
  createPrivateFolder(folder);
  const descriptor = openPrivateFile(join(folder, SERVER_LOCK_FILE));
  try {
    await waitForLock(folder, descriptor);
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

async function waitForLock(folder: string, descriptor: number): Promise<void> {
  if (takeLock(descriptor)) return;
  const deadlineAtMs = performance.now() + LOCK_TIMEOUT_MS;
  const holder = await answeringHolder(folder);
  while (holder === undefined && performance.now() < deadlineAtMs) {
    if (takeLock(descriptor)) return;
    await setTimeout(RETRY_DELAY_MS);
  }
  throw new FolderInUseError(folder, holder);
}

/** @returns Whether the folder is locked now. The address of an earlier server is then removed. */
function takeLock(descriptor: number): boolean {
  const isTaken = tryLock(descriptor);
  if (isTaken) ftruncateSync(descriptor);
  return isTaken;
}

/**
 * Whether a server uses a folder. Needs no write permission.
 *
 * @returns `false` also if the lock file is not readable, or its file system has no locks.
 * @throws StoreOpenError if the lock file is a link, or not a regular file.
 */
export function isFolderInUse(folder: string): boolean {
  try {
    const lock = openForReading(join(folder, SERVER_LOCK_FILE));
    try {
      // A server that is starting at this moment retries, so a short shared lock does no harm.
      return !tryLock(lock, { shared: true });
    } finally {
      closeSync(lock);
    }
  } catch (error) {
    if (error instanceof StoreOpenError) throw error;
    return false;
  }
}
