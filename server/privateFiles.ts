// The store's files are for the user who runs the server, and for nobody else. Another user who may
// open them can read every message, lock the store, or put a link to somebody's file in their place.
// (Windows has other rules, and keeps to them.)

import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  type Stats,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import process from 'node:process';

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
const ACCESS_OF_OTHERS = 0o077;

// open(2): no link is followed, and a FIFO is not waited for. Windows has neither.
const CAREFULLY = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** What a store's folder holds. */
const OURS = /^(?:server\.lock|data\.mdb|lock\.mdb|\.motd-new-.*)$/;

/**
 * Makes a folder, and those above it that are missing. One that is there is closed to others, if it
 * is ours and holds nothing but a store: `/tmp` stays as it is.
 *
 * @throws Node's error if that cannot be.
 */
export function makePrivateFolder(folder: string): void {
  makeFolder(folder);
  const isStore = readdirSync(folder).every((name) => OURS.test(name));
  if (isStore && isOpenToOthers(statSync(folder))) chmodSync(folder, FOLDER_MODE);
}

// Not `recursive`: below /proc, Node's own tries for ever.
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, FOLDER_MODE);
  } catch (error) {
    if (hasCode(error, 'EEXIST') && statSync(folder).isDirectory()) return;
    if (!hasCode(error, 'ENOENT') || dirname(folder) === folder) throw error;
    makeFolder(dirname(folder));
    mkdirSync(folder, FOLDER_MODE);
  }
}

/**
 * Opens a file of a store to write, and makes it if it is missing.
 *
 * @returns A descriptor.
 * @throws Node's error if that cannot be, or Error if it is something else than a file.
 */
export function openPrivateFile(path: string): number {
  return openCarefully(path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT);
}

/** Closes a file of a store to others, if there is one. @throws As `openPrivateFile`. */
export function makePrivate(path: string): void {
  try {
    closeSync(openCarefully(path, constants.O_RDONLY));
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

function openCarefully(path: string, flags: number): number {
  const descriptor = openWithoutLink(path, flags | CAREFULLY);
  const stats = fstatSync(descriptor);
  if (!stats.isFile()) {
    closeSync(descriptor);
    throw new Error(`${path} is not a file`);
  }
  if (isOpenToOthers(stats)) fchmodSync(descriptor, FILE_MODE);
  return descriptor;
}

function openWithoutLink(path: string, flags: number): number {
  try {
    return openSync(path, flags, FILE_MODE);
  } catch (error) {
    // open(2), O_NOFOLLOW.
    if (hasCode(error, 'ELOOP')) throw new Error(`${path} is a symbolic link`);
    throw error;
  }
}

/** Whether others may use what is ours; what belongs to others is theirs to close. */
function isOpenToOthers({ mode, uid }: Stats): boolean {
  return (mode & ACCESS_OF_OTHERS) !== 0 && uid === process.getuid?.();
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
