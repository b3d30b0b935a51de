// The store's own folder and files: for this user alone. Another local user could read what is in
// them, hold a lock that keeps the server from starting, or put a link to another file in their
// place.

import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  statSync,
} from 'node:fs';
import { platform } from 'node:os';
import { dirname } from 'node:path';
import process from 'node:process';
import { errorCode } from '../../../access/systemErrors.ts';
import { StoreOpenError } from '../storeOpenError.ts';

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
const OTHERS = 0o077;

/** Neither follows a link nor waits for the other end of a pipe (open(2)). Windows has neither. */
const ONLY_A_FILE =
  platform() === 'win32' ? 0 : constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/**
 * Makes a folder if there is none, and its parents as any program would. One that holds nothing but
 * the store's own files is closed to others, if it is ours; a folder that is used for more is left
 * as it is. The folder itself may be a link: that is the operator's choice.
 *
 * @throws StoreOpenError if it belongs to another user; else what `node:fs` throws.
 */
export function createPrivateFolder(folder: string, isOwnName: (name: string) => boolean): void {
  createFolder(folder, FOLDER_MODE);
  checkFolderOwner(folder);
  if (platform() === 'win32') return;
  if (!readdirSync(folder).every(isOwnName)) return;
  const descriptor = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    removeAccessOfOthers(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * The owner of a folder can put other files in place of those in it, whatever their modes.
 *
 * @throws StoreOpenError if it belongs to another user than us or root; else what `node:fs`
 *   throws.
 */
function checkFolderOwner(folder: string): void {
  if (platform() === 'win32') return;
  const { uid } = statSync(folder);
  if (uid === process.geteuid?.() || uid === 0) return;
  throw new StoreOpenError(
    `${folder} belongs to another user (${uid}), who can replace what is in it; ` +
      'choose another folder with --store, make it yours with chown, or copy it to one of yours',
  );
}

/** Not with `recursive`: Node then never returns below `/proc`, where a folder cannot be made. */
function createFolder(path: string, mode?: number): void {
  if (tryToCreateFolder(path, mode)) return;
  createFolder(dirname(path));
  // If its parent is there now, and it cannot be made, then it never can.
  if (!tryToCreateFolder(path, mode)) mkdirSync(path);
}

/** @returns Whether there is one now; `false` if its parent is missing. */
function tryToCreateFolder(path: string, mode?: number): boolean {
  try {
    mkdirSync(path, { mode });
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return true;
    if (errorCode(error) === 'ENOENT' && dirname(path) !== path) return false;
    throw error;
  }
}

/**
 * Opens a file of the store for writing, which is made if there is none.
 *
 * @throws StoreOpenError if it is a link, or no regular file; else what `node:fs` throws.
 */
export function openPrivateFile(path: string): number {
  const descriptor = openFile(path, constants.O_RDWR | constants.O_CREAT);
  removeAccessOfOthers(descriptor);
  return descriptor;
}

/**
 * Opens a file of a store that is only read. Nothing about it is changed: it may be on a read-only
 * file system, belong to another user, or have more names, as backups made with `cp --link` have.
 *
 * @throws StoreOpenError if it is a symbolic link, or no regular file; else what `node:fs` throws,
 *   also ENOENT.
 */
export function openForReading(path: string): number {
  return openFile(path, constants.O_RDONLY);
}

/**
 * Makes sure that a file can be written, if there is one, and closes it to other users, if it is
 * ours.
 *
 * @returns Which file it is, among all of this machine; `undefined` if there is none.
 * @throws As `openPrivateFile`.
 */
export function restrictToOwner(path: string): string | undefined {
  try {
    const descriptor = openFile(path, constants.O_RDWR);
    removeAccessOfOthers(descriptor);
    const { dev, ino } = fstatSync(descriptor);
    closeSync(descriptor);
    return `${dev}:${ino}`;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function openFile(path: string, flags: number): number {
  const descriptor = openOnlyAFile(path, flags);
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw notAFile(path, 'is not a regular file');
    const isWritten = (flags & constants.O_RDWR) !== 0;
    if (isWritten && stats.nlink > 1) throw notAFile(path, 'has another name (a hard link)');
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function openOnlyAFile(path: string, flags: number): number {
  try {
    return openSync(path, flags | ONLY_A_FILE, FILE_MODE);
  } catch (error) {
    // FreeBSD has EMLINK for a link.
    if (errorCode(error) === 'ELOOP' || errorCode(error) === 'EMLINK')
      throw notAFile(path, 'is a symbolic link');
    // A socket; a folder, opened for writing.
    if (errorCode(error) === 'ENXIO' || errorCode(error) === 'EISDIR')
      throw notAFile(path, 'is not a regular file');
    throw error;
  }
}

/** As far as the file system has modes, and lets us change this one. */
function removeAccessOfOthers(descriptor: number): void {
  const { uid, mode } = fstatSync(descriptor);
  if (uid !== process.geteuid?.() || (mode & OTHERS) === 0) return;
  try {
    fchmodSync(descriptor, mode & ~OTHERS & 0o7777);
  } catch {}
}

function notAFile(path: string, what: string): StoreOpenError {
  return new StoreOpenError(`${path} ${what}; remove it, or choose another folder with --store`);
}
