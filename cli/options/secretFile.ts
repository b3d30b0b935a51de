// Reads a file with a secret: a key, a password, or hashes of some. Warns if other users have
// access to it; refusing it would stop a server that ran until now.

import { closeSync, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import { resolve, sep } from 'node:path';
import { escapeControls } from '../../protocol/plainText.ts';
import { fileError, printToStderr } from '../cliError.ts';
import { ownVariable } from './environment.ts';

const GROUP_CAN_READ = 0o040;
const OTHERS_CAN_READ = 0o004;
const OTHERS_CAN_WRITE = 0o022;

/** Of `fs.Stats`, what decides who has access. */
export interface Access {
  mode: number;
  uid: number;
}

/**
 * @param flag The flag that named the file.
 * @param use Makes of the bytes what is wanted. If it throws, that is all there is to say.
 * @throws CliError
 */
export function readSecret<Result>(
  file: string,
  flag: string,
  use: (bytes: Buffer) => Result,
): Result {
  const { bytes, stats } = readWithStats(file, flag);
  const result = use(bytes);
  const fault = stats.isFile() ? accessFault(stats, isCredential(file)) : undefined;
  if (fault !== undefined) warn(file, flag, stats, fault);
  return result;
}

/** Those of the file that was read: its name may mean another one a moment later. */
function readWithStats(file: string, flag: string): { bytes: Buffer; stats: Stats } {
  try {
    const descriptor = openSync(file, 'r');
    try {
      return { stats: fstatSync(descriptor), bytes: readFileSync(descriptor) };
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw fileError(error, file, flag);
  }
}

/**
 * Who has access that should not, in words; `undefined` if no other user has.
 *
 * @param ourUid The user of this process; `undefined` on Windows, which has no modes.
 */
export function accessFault(
  { mode, uid }: Access,
  isCredential = false,
  ourUid = process.geteuid?.(),
): string | undefined {
  if (ourUid === undefined) return undefined;
  if (uid !== ourUid && uid !== 0) return `belongs to user ${uid}, who can change it`;
  if ((mode & OTHERS_CAN_WRITE) !== 0) return 'can be changed by other users';
  // A file of root's that we can read through its group alone was made so for us.
  const isForGroup = isCredential || uid !== ourUid;
  const cannotRead = isForGroup ? OTHERS_CAN_READ : GROUP_CAN_READ | OTHERS_CAN_READ;
  return (mode & cannotRead) === 0 ? undefined : 'can be read by other users';
}

/** systemd has its credentials at mode 0440 or 0400, in a folder for this service alone. */
function isCredential(file: string): boolean {
  const folder = ownVariable('CREDENTIALS_DIRECTORY');
  return folder !== undefined && folder !== '' && resolve(file).startsWith(resolve(folder) + sep);
}

function warn(file: string, flag: string, { mode, uid }: Access, fault: string): void {
  const octal = (mode & 0o7777).toString(8).padStart(4, '0');
  const quoted = quote(file);
  const ourUid = process.geteuid?.();
  const own = uid === ourUid ? '' : `chown ${ourUid} ${quoted} && `;
  printToStderr(
    `warning: the file of ${flag} ${fault}: ${quoted} has mode ${octal}; run: ${own}chmod 600 ${quoted}`,
  );
}

/** A word for a POSIX shell, on one line. */
function quote(file: string): string {
  const shown = escapeControls(file);
  return /^[\w@%+=:,./-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", `'\\''`)}'`;
}
