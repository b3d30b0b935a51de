// The byte order mark that Windows programs write before UTF-8 text (RFC 3629, section 6). One at
// the very start of a connection, of a file or of standard input is no part of the text. Elsewhere
// U+FEFF is refused (plainText.ts): nobody sees it, and `MSGGET` behind one is no command.

/** U+FEFF, as a byte string (lines.ts). */
export const BYTE_ORDER_MARK = '\xef\xbb\xbf';

/** Drops one byte order mark at the start of a byte string. */
export function dropByteOrderMark(bytes: string): string {
  return bytes.startsWith(BYTE_ORDER_MARK) ? bytes.slice(BYTE_ORDER_MARK.length) : bytes;
}
