// `motd hash-password`: reads a password, prints its hash for --password-file.

import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { hashPassword } from '../../access/password.ts';
import { REPLACEMENT } from '../../protocol/utf8.ts';
import { CliError } from '../cliError.ts';
import { parseSingleLine } from '../options/parsers.ts';
import { MIN_PASSWORD_LENGTH } from '../options/rejectWeakPassword.ts';
import { readFirstLine } from '../standardInput.ts';

/** Prompts twice at a terminal, without echo; otherwise reads the first line of standard input. */
export async function hashPasswordCommand(): Promise<void> {
  const [first, second] = await readPasswords();
  if (second !== undefined && first !== second)
    throw new CliError('invalid-password', 'the passwords do not match');
  const password = parseSingleLine(first);
  if (password === undefined)
    throw new CliError('invalid-password', 'invalid password: it must be one line of plain text');
  if ([...password].length < MIN_PASSWORD_LENGTH) {
    throw new CliError(
      'weak-password',
      `password too short: it must have ${MIN_PASSWORD_LENGTH} characters or more`,
    );
  }
  process.stdout.write(`${await hashPassword(password)}\n`);
}

async function readPasswords(): Promise<[string, string?]> {
  return process.stdin.isTTY ? promptForPasswords() : [await readFirstLine()];
}

async function promptForPasswords(): Promise<[string, string]> {
  const { stdin, stderr } = process;
  // readline echoes what is typed to its output: discard it.
  const discard = new Writable({ write: (_chunk, _encoding, done) => done() });
  const readline = createInterface({ input: stdin, output: discard, terminal: true });
  readline.on('SIGINT', () => process.exit(130));
  const lines = readline[Symbol.asyncIterator]();
  const prompt = async (text: string): Promise<string> => {
    stderr.write(text);
    const { value = '' } = await lines.next();
    stderr.write('\n');
    if (!value.includes(REPLACEMENT)) return value;
    throw new CliError('not-utf8', 'the input is not UTF-8; check the locale of the terminal');
  };
  const answers: [string, string] = [await prompt('Password: '), await prompt('Repeat: ')];
  readline.close();
  return answers;
}
