// `motd hash-password`: reads a password, prints its hash for --password-file.

import { hashPassword } from '../../access/password.ts';
import { CliError, UsageError } from '../cliError.ts';
import { MIN_PASSWORD_LENGTH } from '../options/rejectWeakPassword.ts';
import { askForPassword, parsePassword } from '../password.ts';
import { readFirstLine } from '../standardInput.ts';

/** Prompts twice at a terminal, without echo; otherwise reads the first line of standard input. */
export async function hashPasswordCommand(): Promise<void> {
  const [first, second] = await readPasswords();
  if (second !== undefined && first !== second)
    throw new UsageError('invalid-password', 'the passwords do not match');
  const password = parsePassword(first);
  if ([...password].length < MIN_PASSWORD_LENGTH) {
    throw new CliError(
      'weak-password',
      `password too short: it must have ${MIN_PASSWORD_LENGTH} characters or more`,
    );
  }
  process.stdout.write(`${await hashPassword(password)}\n`);
}

async function readPasswords(): Promise<string[]> {
  if (!process.stdin.isTTY) return [await readFirstLine()];
  return askForPassword(`Password (${MIN_PASSWORD_LENGTH} characters or more): `, 'Repeat: ');
}
