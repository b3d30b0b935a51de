// Decodes and validates entries read from a store, which may be damaged, or written by another
// program. Shared by all stores, so that all of them accept the same entries.

import { isUtf8 } from 'node:buffer';
import { MAX_LINE_BYTES, trimLine } from '../../protocol/lines.ts';
import { isPlainText } from '../../protocol/plainText.ts';
import type { HistoryEntry } from './history.ts';

/** The message is a predicate whose subject is the record: `has an invalid time`. */
export class InvalidEntryError extends Error {
  override name = 'InvalidEntryError';
}

/** @throws InvalidEntryError */
export function decodeEntryText(bytes: Buffer): string {
  check(isUtf8(bytes), 'is not valid UTF-8');
  return bytes.toString('utf8');
}

/**
 * @param time A time in the format of `encodeTime`.
 * @param message One line, as for `MessageStore.store`.
 * @throws InvalidEntryError
 */
export function decodeEntry(time: string, message: string): HistoryEntry {
  const storedAtMs = Date.parse(time);
  check(!Number.isNaN(storedAtMs) && encodeTime(storedAtMs) === time, 'has an invalid time');
  // Other years have a sign and six digits in ISO 8601, which RFC 3339 does not allow.
  check(/^\d/.test(time), 'has a time outside of the years 0000 to 9999');
  check(message !== '', 'contains an empty message');
  check(
    Buffer.byteLength(message) <= MAX_LINE_BYTES,
    `contains a message of more than ${MAX_LINE_BYTES} bytes`,
  );
  // Earlier versions accepted byte order marks; every client shows them escaped.
  check(
    isPlainText(message.replaceAll('\u{feff}', '')),
    'contains a message that is not plain text',
  );
  check(trimLine(message) === message, 'contains a message with white space at either end');
  return { message, storedAtMs };
}

/** @param storedAtMs In milliseconds since 1970 (UTC). */
export function encodeTime(storedAtMs: number): string {
  return new Date(storedAtMs).toISOString();
}

function check(condition: boolean, fault: string): asserts condition {
  if (!condition) throw new InvalidEntryError(fault);
}
