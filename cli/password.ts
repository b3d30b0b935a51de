// A password that a user types or pipes to a command.

import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { REPLACEMENT } from '../protocol/utf8.ts';
import { UsageError } from './cliError.ts';
import { parseSingleLine } from './options/parsers.ts';

/**
 * Asks for a password on the terminal that is standard input, without echo.
 *
 * @param prompts Each is answered by one line.
 * @returns The answers.
 */
export async function askForPassword(...prompts: readonly string[]): Promise<string[]> {
  const { stdin, stderr } = process;
  // readline echoes what is typed to its output: discard it.
  const discard = new Writable({ write: (_chunk, _encoding, done) => done() });
  const readline = createInterface({ input: stdin, output: discard, terminal: true });
  readline.on('SIGINT', () => process.exit(130));
  const lines = readline[Symbol.asyncIterator]();
  const answers: string[] = [];
  for (const prompt of prompts) {
    stderr.write(prompt);
    const { value = '' } = await lines.next();
    stderr.write('\n');
    if (value.includes(REPLACEMENT)) {
      throw new UsageError('not-utf8', 'the input is not UTF-8; check the locale of the terminal');
    }
    answers.push(value);
  }
  readline.close();
  return answers;
}

/** @throws UsageError if the text cannot be sent as a password. */
export function parsePassword(text = ''): string {
  const password = parseSingleLine(text);
  if (password !== undefined) return password;
  throw new UsageError('invalid-password', 'invalid password: it must be one line of plain text');
}
