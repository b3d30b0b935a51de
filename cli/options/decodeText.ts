// Decodes text from any program or editor, some of which write a byte order mark, UTF-16 or
// Latin-1. Text that is not UTF-8 is rejected, not repaired.

import { dropByteOrderMark } from '../../protocol/byteOrderMark.ts';
import { decodeUtf8 } from '../../protocol/utf8.ts';
import { UsageError } from '../cliError.ts';

/** The byte order mark in both byte orders (Unicode 16, section 23.8). */
const UTF16 = /^(?:\xff\xfe|\xfe\xff)/;

/**
 * Decodes UTF-8, and drops a byte order mark.
 *
 * @param bytes A byte string (protocol/lines.ts).
 * @param source The origin of the text, for the error.
 * @throws UsageError if it is not UTF-8. The message contains nothing of the text.
 */
export function decodeText(bytes: string, source: string): string {
  const text = decodeUtf8(dropByteOrderMark(bytes));
  if (text !== undefined) return text;
  const encoding = UTF16.test(bytes) ? 'UTF-16' : 'LATIN1';
  throw new UsageError(
    'not-utf8',
    `${source} is not UTF-8; convert it, for example: iconv -f ${encoding} -t UTF-8`,
  );
}
