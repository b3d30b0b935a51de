// Text on standard input, which may come from any program: PowerShell writes a byte order mark,
// others write UTF-16 or Latin-1. What is not UTF-8 is refused, not mended.

import { dropByteOrderMarkBytes } from '../protocol/byteOrderMark.ts';
import { decodeUtf8 } from '../protocol/utf8.ts';
import { OperatorError } from './operatorError.ts';

/** As the two byte orders begin (Unicode 16, section 23.8). */
const UTF16 = /^(?:\xff\xfe|\xfe\xff)/;

/** More than this is neither a message nor a password, however it goes on. */
const MAX_BYTES = 64 * 1024;

/**
 * Reads standard input to its end; at a terminal, until Enter.
 *
 * @returns The text, without a byte order mark.
 * @throws OperatorError if it is not UTF-8, or too long for what is asked for.
 */
export async function readStandardInput(): Promise<string> {
  return decodeInput(await readUntil(() => process.stdin.isTTY));
}

/**
 * Reads the first line of standard input, without its LF.
 *
 * @throws OperatorError as `readStandardInput` does.
 */
export async function readFirstLine(): Promise<string> {
  const [line = ''] = (await readUntil((chunk) => chunk.includes('\n'))).split('\n');
  return decodeInput(line);
}

/** @returns A byte string. */
async function readUntil(isLast: (chunk: Buffer) => boolean): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_BYTES) {
      throw new OperatorError(
        `standard input holds more than ${MAX_BYTES} bytes; one line is read`,
      );
    }
    if (isLast(chunk)) break;
  }
  return Buffer.concat(chunks).toString('latin1');
}

function decodeInput(bytes: string): string {
  const text = decodeUtf8(dropByteOrderMarkBytes(bytes));
  if (text !== undefined) return text;
  const encoding = UTF16.test(bytes) ? 'UTF-16' : 'LATIN1';
  throw new OperatorError(
    `standard input is not UTF-8; convert it, for example: iconv -f ${encoding} -t UTF-8`,
  );
}
