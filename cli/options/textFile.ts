// Files edited by people on any system: lines end in LF or CRLF, and there may be a byte order
// mark.

import { decodeText } from './decodeText.ts';

/**
 * @param file The name of the file, for the error.
 * @returns The lines, without their line ends.
 * @throws CliError if it is not UTF-8.
 */
export function decodeLines(bytes: Buffer, file: string): string[] {
  return decodeText(bytes.toString('latin1'), file).split(/\r?\n/);
}
