// Checks what a store holds before any of it is believed: another program, or damage, may have
// written it. Every store decodes its entries here, so that all of them hold the same rules.

import { isUtf8 } from 'node:buffer';
import { MAX_LINE_BYTES, trimLine } from '../../protocol/lines.ts';
import { isPlainText } from '../../protocol/plainText.ts';
import type { HistoryEntry } from './history.ts';

/** The message says what is wrong, as a sentence about a record goes on. */
export class InvalidEntryError extends Error {
  override name = 'InvalidEntryError';
}

/** @throws InvalidEntryError */
export function decodeText(bytes: Buffer): string {
  need(isUtf8(bytes), 'is not valid UTF-8');
  return bytes.toString('utf8');
}

/**
 * @param time The time as `encodeTime` writes it.
 * @param message One line, as `MessageStore.store` takes it.
 * @throws InvalidEntryError
 */
export function decodeEntry(time: string, message: string): HistoryEntry {
  const storedAtMs = Date.parse(time);
  need(!Number.isNaN(storedAtMs) && encodeTime(storedAtMs) === time, 'has an invalid time');
  // A year outside of 0000 to 9999 has a sign and six digits, which RFC 3339 does not know.
  need(/^\d/.test(time), 'has a time outside of the years 0000 to 9999');
  need(message !== '', 'holds an empty message');
  need(
    Buffer.byteLength(message) <= MAX_LINE_BYTES,
    `holds a message of more than ${MAX_LINE_BYTES} bytes`,
  );
  // Earlier servers took byte order marks, which every client shows escaped.
  need(isPlainText(message.replaceAll('\u{feff}', '')), 'holds a message that is not plain text');
  need(trimLine(message) === message, 'holds a message with white space at its ends');
  return { message, storedAtMs };
}

/** @param storedAtMs In milliseconds since 1970 (UTC). */
export function encodeTime(storedAtMs: number): string {
  return new Date(storedAtMs).toISOString();
}

function need(condition: boolean, fault: string): asserts condition {
  if (!condition) throw new InvalidEntryError(fault);
}
