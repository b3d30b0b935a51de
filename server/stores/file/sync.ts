// Syncs files, and their names, to the disk.

import { close, fdatasync, fsync, open } from 'node:fs';
import { platform } from 'node:os';
import { dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import { errorMessage } from '../../../access/errorMessage.ts';
import { hasErrorCode } from '../../../access/systemErrors.ts';

const closeFile = promisify(close);
const openFile = promisify(open);
// On macOS, libuv implements both by F_FULLFSYNC, which also flushes the disk's cache.
const fsyncFile = promisify(fsync);
const fdatasyncFile = promisify(fdatasync);

/** A sync failed: what was written may be neither on the disk nor, from now on, in the cache. */
export class SyncError extends Error {
  override name = 'SyncError';
}

/** @throws SyncError */
export async function syncFile(descriptor: number): Promise<void> {
  await orSyncError(fsyncFile(descriptor));
}

/**
 * Syncs the data of a file, and its length, which reading the data needs (fdatasync(2)).
 *
 * @throws SyncError
 */
export async function syncData(descriptor: number): Promise<void> {
  await orSyncError(fdatasyncFile(descriptor));
}

/**
 * Syncs the names of a folder's files, and those of the folder and its parents, which may be new
 * (fsync(2): a sync of a file does not sync its name).
 */
export async function syncNames(folder: string): Promise<void> {
  let path = resolve(folder);
  await syncFolder(path);
  while (path !== dirname(path)) {
    path = dirname(path);
    try {
      await syncFolder(path);
    } catch (error) {
      if (error instanceof SyncError && hasErrorCode(error.cause, ['EIO'])) throw error;
      // A parent that the server may not read existed before.
    }
  }
}

/** Syncs the names in a folder. */
export async function syncFolder(path: string): Promise<void> {
  // Windows cannot sync folders.
  if (platform() === 'win32') return;
  const descriptor = await openFile(path, 'r');
  try {
    await syncFile(descriptor);
  } finally {
    await closeFile(descriptor);
  }
}

async function orSyncError(sync: Promise<void>): Promise<void> {
  try {
    await sync;
  } catch (error) {
    throw new SyncError(errorMessage(error), { cause: error });
  }
}
