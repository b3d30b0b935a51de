// Creates and opens the store's folder and files so that only the server's user can access them.
//
// Otherwise another local user could read the messages, hold a lock that keeps the server from
// starting, or put a link to another file in the place of one of these.

import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  openSync,
  readdirSync,
  statSync,
} from 'node:fs';
import { platform } from 'node:os';
import process from 'node:process';
import { createFolder } from '../../../access/createFolder.ts';
import { errorCode } from '../../../access/systemErrors.ts';
import { StoreOpenError } from '../storeOpenError.ts';
import { isStoreFile } from './fileNames.ts';

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
const OTHERS = 0o077;

/** Do not follow a link or wait for the other end of a pipe (open(2)). Windows has neither. */
const SAFE_OPEN_FLAGS =
  platform() === 'win32' ? 0 : constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/**
 * Creates a folder if there is none. Missing parents get the default mode. If the folder holds only
 * the store's files, it is closed to other users; a folder that is used for more keeps its mode.
 * The folder may be a link: that is the operator's choice.
 *
 * @throws StoreOpenError if it belongs to another user. Otherwise what `node:fs` throws.
 */
export function createPrivateFolder(folder: string): void {
  createFolder(folder, FOLDER_MODE);
  checkFolderOwner(folder);
  if (platform() === 'win32') return;
  if (!readdirSync(folder).every(isStoreFile)) return;
  const descriptor = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    removeAccessOfOthers(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * The owner of a folder can replace the files in it, whatever their modes.
 *
 * @throws StoreOpenError unless it belongs to the server's user or root. Otherwise what `node:fs`
 *   throws.
 */
function checkFolderOwner(folder: string): void {
  if (platform() === 'win32') return;
  const { uid } = statSync(folder);
  if (uid === process.geteuid?.() || uid === 0) return;
  throw new StoreOpenError(
    'store-exposed',
    `${folder} belongs to another user (${uid}), who can replace its files; ` +
      'choose another folder with --store, change its owner with chown, or copy it to a new folder',
  );
}

/**
 * Opens a file of the store for writing, and creates it if there is none.
 *
 * @throws StoreOpenError if it is a link, or not a regular file. Otherwise what `node:fs` throws.
 */
export function openPrivateFile(path: string): number {
  const descriptor = openFile(path, constants.O_RDWR | constants.O_CREAT);
  removeAccessOfOthers(descriptor);
  return descriptor;
}

/**
 * Opens a file of a store for reading, and changes nothing. The file may be on a read-only file
 * system, belong to another user, or have several hard links, as backups made with `cp --link` do.
 *
 * @throws StoreOpenError if it is a symbolic link, or not a regular file. Otherwise what `node:fs`
 *   throws, including ENOENT.
 */
export function openForReading(path: string): number {
  return openFile(path, constants.O_RDONLY);
}

/**
 * Opens a file for reading and writing, and removes the access of other users.
 *
 * @returns A descriptor; `undefined` if there is no file.
 * @throws As `openPrivateFile`.
 */
export function openExistingPrivateFile(path: string): number | undefined {
  try {
    const descriptor = openFile(path, constants.O_RDWR);
    removeAccessOfOthers(descriptor);
    return descriptor;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function openFile(path: string, flags: number): number {
  const descriptor = openSafely(path, flags);
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw unsafeFile(path, 'is not a regular file');
    const isForWriting = (flags & constants.O_RDWR) !== 0;
    if (isForWriting && stats.nlink > 1) throw unsafeFile(path, 'has another name (a hard link)');
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function openSafely(path: string, flags: number): number {
  try {
    return openSync(path, flags | SAFE_OPEN_FLAGS, FILE_MODE);
  } catch (error) {
    // A symbolic link; EMLINK on FreeBSD.
    if (errorCode(error) === 'ELOOP' || errorCode(error) === 'EMLINK')
      throw unsafeFile(path, 'is a symbolic link');
    // A socket, or a folder that is opened for writing.
    if (errorCode(error) === 'ENXIO' || errorCode(error) === 'EISDIR')
      throw unsafeFile(path, 'is not a regular file');
    throw error;
  }
}

/** Does nothing if the file belongs to another user, or the file system has no modes. */
function removeAccessOfOthers(descriptor: number): void {
  const { uid, mode } = fstatSync(descriptor);
  if (uid !== process.geteuid?.() || (mode & OTHERS) === 0) return;
  try {
    fchmodSync(descriptor, mode & ~OTHERS & 0o7777);
  } catch {}
}

function unsafeFile(path: string, fault: string): StoreOpenError {
  return new StoreOpenError(
    'store-exposed',
    `${path} ${fault}; remove it, or choose another folder with --store`,
  );
}
