// The byte order mark that Windows programs write before UTF-8 text (RFC 3629, section 6). At the
// very start of a connection, a file or standard input it is not part of the text. Anywhere else
// U+FEFF is rejected (plainText.ts): it is invisible, and `MSGGET` after one is not a command.

/** U+FEFF, as a byte string (lines.ts). */
export const BYTE_ORDER_MARK = '\xef\xbb\xbf';

/** Removes one byte order mark from the start of a byte string. */
export function dropByteOrderMark(bytes: string): string {
  return bytes.startsWith(BYTE_ORDER_MARK) ? bytes.slice(BYTE_ORDER_MARK.length) : bytes;
}
