// Text that comes from any program or editor: some write a byte order mark, UTF-16 or Latin-1. What
// is not UTF-8 is refused, not mended.

import { dropByteOrderMark } from '../../protocol/byteOrderMark.ts';
import { decodeUtf8 } from '../../protocol/utf8.ts';
import { CliError } from '../cliError.ts';

/** As the two byte orders begin (Unicode 16, section 23.8). */
const UTF16 = /^(?:\xff\xfe|\xfe\xff)/;

/**
 * Decodes UTF-8, without the byte order mark that may stand before it.
 *
 * @param bytes A byte string (protocol/lines.ts).
 * @param what Where it comes from, for the error.
 * @throws CliError if it is not UTF-8; the message repeats nothing of it.
 */
export function decodeText(bytes: string, what: string): string {
  const text = decodeUtf8(dropByteOrderMark(bytes));
  if (text !== undefined) return text;
  const encoding = UTF16.test(bytes) ? 'UTF-16' : 'LATIN1';
  throw new CliError(
    `${what} is not UTF-8; convert it, for example: iconv -f ${encoding} -t UTF-8`,
  );
}
