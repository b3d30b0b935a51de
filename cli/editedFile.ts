// Files that people edit, on any system: their lines end with LF, or CRLF, and a byte order mark may
// stand before the first.

import { dropByteOrderMark } from '../protocol/byteOrderMark.ts';

/** @returns The lines of a file in UTF-8, without their ends. */
export function linesOf(bytes: Buffer): string[] {
  return dropByteOrderMark(bytes.toString('utf8')).split(/\r?\n/);
}
