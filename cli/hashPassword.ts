// `motd hash-password`: reads a password, prints what --password-file takes.

import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { hashPassword as hash } from '../access/password.ts';
import { OperatorError } from './operatorError.ts';
import { lineIn } from './parsers.ts';
import { SHORTEST_PASSWORD } from './refuseWeakPassword.ts';

/**
 * Asks at a terminal, twice and without showing it; else takes the first line of standard input.
 */
export async function hashPassword(): Promise<void> {
  const [first, second] = await readPasswords();
  if (second !== undefined && first !== second)
    throw new OperatorError('that was not the same twice');
  const password = lineIn(first);
  if (password === undefined) throw new OperatorError('a password is one line of plain text');
  if ([...password].length < SHORTEST_PASSWORD) {
    throw new OperatorError(`a password has ${SHORTEST_PASSWORD} characters or more`);
  }
  process.stdout.write(`${await hash(password)}\n`);
}

async function readPasswords(): Promise<[string, string?]> {
  const { stdin, stderr } = process;
  const isTerminal = stdin.isTTY;
  // readline shows what is typed on its output: here, nowhere.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const readline = createInterface({ input: stdin, output: nowhere, terminal: isTerminal });
  readline.on('SIGINT', () => process.exit(130));
  const lines = readline[Symbol.asyncIterator]();
  const ask = async (prompt: string): Promise<string> => {
    if (isTerminal) stderr.write(prompt);
    const { value = '' } = await lines.next();
    if (isTerminal) stderr.write('\n');
    return value;
  };
  const first = await ask('Password: ');
  const answers: [string, string?] = isTerminal ? [first, await ask('Again: ')] : [first];
  readline.close();
  return answers;
}
