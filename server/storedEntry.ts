// What any store may hold. Whoever can write to a file or to etcd may have written something else:
// each entry is checked as it was when it was stored, by every store alike.

import { MAX_LINE_BYTES } from '../protocol/lines.ts';
import { isPlainText } from '../protocol/plainText.ts';
import type { HistoryEntry } from './history.ts';

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** RFC 3339, section 5.6, to the millisecond and in UTC: what `Date.prototype.toISOString` writes. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/**
 * Decodes the bytes of a record.
 *
 * @throws Error if they are not UTF-8; its message completes "the record …".
 */
export function recordText(bytes: Buffer): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw new Error('is not UTF-8');
  }
}

/**
 * Makes an entry of what a record holds.
 *
 * @throws Error if no server stores such an entry; its message completes "the record …".
 */
export function storedEntry(time: string, message: string): HistoryEntry {
  const storedAtMs = Date.parse(time);
  // Date.parse takes the 31st of February for the 3rd of March.
  const isTime = TIME.test(time) && new Date(storedAtMs).toISOString() === time;
  if (!isTime) throw new Error('has no valid time');
  if (message === '') throw new Error('has no message');
  if (!isPlainText(message)) throw new Error('holds control characters');
  const bytes = Buffer.byteLength(message);
  if (bytes > MAX_LINE_BYTES) throw new Error(`has a message of ${bytes} bytes`);
  return { message, storedAtMs };
}
