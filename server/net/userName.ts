// Validates the name of a user that a proxy sends. It is shown to others, so it must be plain text.

import { MAX_USER_NAME_BYTES } from '../../access/userName.ts';
import { isPlainText } from '../../protocol/plainText.ts';
import { decodeUtf8 } from '../../protocol/utf8.ts';

/**
 * @param bytes A byte string.
 * @returns The name without white space at either end; `undefined` if it is empty, too long, or not
 *   plain text.
 */
export function parseUserName(bytes: string): string | undefined {
  const name = decodeUtf8(bytes)?.trim();
  if (name === undefined || name === '' || !isPlainText(name)) return undefined;
  return Buffer.byteLength(name) > MAX_USER_NAME_BYTES ? undefined : name;
}
