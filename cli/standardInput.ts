// What is read from standard input: one line, a message or a password.

import { CliError } from './cliError.ts';
import { decodeText } from './options/decodeText.ts';

const WHAT = 'standard input';

/** More than this is neither a message nor a password, however it goes on. */
const MAX_BYTES = 64 * 1024;

/**
 * Reads standard input to its end; at a terminal, until Enter.
 *
 * @returns The text, without a byte order mark.
 * @throws CliError if it is not UTF-8, or too long for what is asked for.
 */
export async function readStandardInput(): Promise<string> {
  return decodeText(await readUntil(() => process.stdin.isTTY), WHAT);
}

/**
 * Reads the first line of standard input, without its LF.
 *
 * @throws CliError as `readStandardInput` does.
 */
export async function readFirstLine(): Promise<string> {
  const [line = ''] = (await readUntil((chunk) => chunk.includes('\n'))).split('\n');
  return decodeText(line, WHAT);
}

/** @returns A byte string. */
async function readUntil(isLast: (chunk: Buffer) => boolean): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_BYTES) {
      throw new CliError(`standard input holds more than ${MAX_BYTES} bytes; one line is read`);
    }
    if (isLast(chunk)) break;
  }
  return Buffer.concat(chunks).toString('latin1');
}
