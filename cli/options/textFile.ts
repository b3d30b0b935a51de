// Files that people edit, on any system: their lines end in LF or CRLF, and a byte order mark may
// stand before the first.

import { decodeText } from './decodeText.ts';

/**
 * @param file Its name, for the error.
 * @returns The lines of a file in UTF-8, without their ends.
 * @throws CliError if it is not UTF-8.
 */
export function decodeLines(bytes: Buffer, file: string): string[] {
  return decodeText(bytes.toString('latin1'), file).split(/\r?\n/);
}
