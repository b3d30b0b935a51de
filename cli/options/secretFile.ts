// Reads a file with a secret: a key, a password, or password hashes. Warns if other users have
// access to it. An error would instead stop servers that have run with such a file so far.

import { resolve, sep } from 'node:path';
import { escapeControls } from '../../protocol/plainText.ts';
import { printToStderr } from '../cliError.ts';
import { ownVariable } from './environment.ts';
import { readFileWithStats } from './readFile.ts';

const GROUP_CAN_READ = 0o040;
const OTHERS_CAN_READ = 0o004;
const OTHERS_CAN_WRITE = 0o022;

/** The fields of `fs.Stats` that determine which users have access. */
export interface FileAccess {
  mode: number;
  uid: number;
}

/**
 * @param flag The flag that names the file.
 * @param parse Parses the bytes. If it throws, there is no warning.
 * @throws CliError if the file cannot be read; what `parse` throws.
 */
export function readSecret<Result>(
  file: string,
  flag: string,
  parse: (bytes: Buffer) => Result,
): Result {
  const { bytes, stats } = readFileWithStats(file, flag);
  const result = parse(bytes);
  const fault = stats.isFile() ? accessFault(stats, isCredential(file)) : undefined;
  if (fault !== undefined) warn(file, flag, stats, fault);
  return result;
}

/**
 * Describes which other users have access.
 *
 * @param ourUid The user of this process; `undefined` on Windows, which has no modes.
 * @returns A predicate for the file; `undefined` if no other user has access.
 */
export function accessFault(
  { mode, uid }: FileAccess,
  isCredential = false,
  ourUid = process.geteuid?.(),
): string | undefined {
  if (ourUid === undefined) return undefined;
  if (uid !== ourUid && uid !== 0) return `belongs to user ${uid}, who can change it`;
  if ((mode & OTHERS_CAN_WRITE) !== 0) return 'can be changed by other users';
  // A file of root that its group can read is meant for this process, which reads it by its group.
  const isForGroup = isCredential || uid !== ourUid;
  const forbidden = isForGroup ? OTHERS_CAN_READ : GROUP_CAN_READ | OTHERS_CAN_READ;
  return (mode & forbidden) === 0 ? undefined : 'can be read by other users';
}

/** systemd passes credentials with mode 0440 or 0400, in a folder for this service alone. */
function isCredential(file: string): boolean {
  const folder = ownVariable('CREDENTIALS_DIRECTORY');
  return folder !== undefined && folder !== '' && resolve(file).startsWith(resolve(folder) + sep);
}

function warn(file: string, flag: string, { mode, uid }: FileAccess, fault: string): void {
  const octal = (mode & 0o7777).toString(8).padStart(4, '0');
  const quoted = quote(file);
  const ourUid = process.geteuid?.();
  const chown = uid === ourUid ? '' : `chown ${ourUid} ${quoted} && `;
  printToStderr(
    'exposed-secret',
    `warning: the file of ${flag} ${fault}: ${quoted} has mode ${octal}; run: ${chown}chmod 600 ${quoted}`,
  );
}

/** Quotes a file name as one word for a POSIX shell. */
function quote(file: string): string {
  const shown = escapeControls(file);
  return /^[\w@%+=:,./-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", `'\\''`)}'`;
}
