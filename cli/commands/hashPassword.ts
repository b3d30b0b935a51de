// `motd hash-password`: reads a password, prints what --password-file takes.

import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { hashPassword as hash } from '../../access/password.ts';
import { REPLACEMENT } from '../../protocol/utf8.ts';
import { CliError } from '../cliError.ts';
import { lineIn } from '../options/parsers.ts';
import { SHORTEST_PASSWORD } from '../options/refuseWeakPassword.ts';
import { readFirstLine } from '../standardInput.ts';

/**
 * Asks at a terminal, twice and without showing it; else takes the first line of standard input.
 */
export async function hashPassword(): Promise<void> {
  const [first, second] = await readPasswords();
  if (second !== undefined && first !== second) throw new CliError('that was not the same twice');
  const password = lineIn(first);
  if (password === undefined) throw new CliError('a password is one line of plain text');
  if ([...password].length < SHORTEST_PASSWORD) {
    throw new CliError(`a password has ${SHORTEST_PASSWORD} characters or more`);
  }
  process.stdout.write(`${await hash(password)}\n`);
}

async function readPasswords(): Promise<[string, string?]> {
  return process.stdin.isTTY ? askForPasswords() : [await readFirstLine()];
}

async function askForPasswords(): Promise<[string, string]> {
  const { stdin, stderr } = process;
  // readline shows what is typed on its output: here, nowhere.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const readline = createInterface({ input: stdin, output: nowhere, terminal: true });
  readline.on('SIGINT', () => process.exit(130));
  const lines = readline[Symbol.asyncIterator]();
  const ask = async (prompt: string): Promise<string> => {
    stderr.write(prompt);
    const { value = '' } = await lines.next();
    stderr.write('\n');
    if (!value.includes(REPLACEMENT)) return value;
    throw new CliError('what was typed is not UTF-8; check the locale of the terminal');
  };
  const answers: [string, string] = [await ask('Password: '), await ask('Again: ')];
  readline.close();
  return answers;
}
