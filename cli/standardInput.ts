// Reads a message or a password from standard input.

import { UsageError } from './cliError.ts';
import { decodeText } from './options/decodeText.ts';

const SOURCE = 'standard input';

/** Longer input is neither a message nor a password. */
const MAX_BYTES = 64 * 1024;

/**
 * Reads standard input to its end; from a terminal, until Enter.
 *
 * @returns The text, without a byte order mark.
 * @throws UsageError if it is not UTF-8, or too long.
 */
export async function readStandardInput(): Promise<string> {
  return decodeText(await readUntil(() => process.stdin.isTTY), SOURCE);
}

/**
 * Reads the first line of standard input.
 *
 * @returns The line, without its LF.
 * @throws UsageError if it is not UTF-8, or too long.
 */
export async function readFirstLine(): Promise<string> {
  const [line = ''] = (await readUntil((chunk) => chunk.includes('\n'))).split('\n');
  return decodeText(line, SOURCE);
}

/** @returns A byte string. */
async function readUntil(isLast: (chunk: Buffer) => boolean): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const { stdin } = process;
  // A terminal may be asked for a password next. An open pipe would keep the process alive.
  for await (const chunk of stdin.iterator({ destroyOnReturn: !stdin.isTTY })) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_BYTES) {
      throw new UsageError(
        'input-too-large',
        `standard input is longer than ${MAX_BYTES} bytes; pass a single line`,
      );
    }
    if (isLast(chunk)) break;
  }
  return Buffer.concat(chunks).toString('latin1');
}
