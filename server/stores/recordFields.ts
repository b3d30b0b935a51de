// Validates records read from a store, which may be damaged, or written by another program, and
// names their fields. Shared by all stores, so that all of them accept the same records.

import { isUtf8 } from 'node:buffer';
import { MAX_USER_NAME_BYTES } from '../../access/userName.ts';
import { MAX_LINE_BYTES, trimLine } from '../../protocol/lines.ts';
import { isPlainText } from '../../protocol/plainText.ts';
import { type HistoryRecord, isEntry } from './record.ts';

/** The message is a predicate whose subject is the record: `has an invalid time`. */
export class InvalidRecordError extends Error {
  override name = 'InvalidRecordError';
}

/** A record as it is stored. A record that cancels an entry has no message, and no window. */
export interface RecordFields {
  /** The times are in the format of `encodeTime`. */
  storedAt: string;
  from?: string | undefined;
  until?: string | undefined;
  author?: string | undefined;
  cancels?: number | undefined;
  message?: string | undefined;
}

/** @throws InvalidRecordError */
export function decodeText(bytes: Buffer): string {
  check(isUtf8(bytes), 'is not valid UTF-8');
  return bytes.toString('utf8');
}

/** @throws InvalidRecordError */
export function decodeFields(fields: RecordFields): HistoryRecord {
  const { storedAt, from, until, author, cancels, message } = fields;
  const common = {
    storedAtMs: decodeTime(storedAt),
    ...(author !== undefined && { author: checkedAuthor(author) }),
  };
  if (cancels !== undefined) {
    check(Number.isSafeInteger(cancels) && cancels > 0, 'cancels an invalid number');
    check(`${message ?? ''}${from ?? ''}${until ?? ''}` === '', 'both cancels and stores');
    return { cancels, ...common };
  }
  const window = {
    ...(from !== undefined && { fromMs: decodeTime(from) }),
    ...(until !== undefined && { untilMs: decodeTime(until) }),
  };
  const { fromMs = Number.NEGATIVE_INFINITY, untilMs = Number.POSITIVE_INFINITY } = window;
  check(fromMs < untilMs, 'has a window that ends before it begins');
  return { message: checkedMessage(message ?? ''), ...common, ...window };
}

export function fieldsOf(record: HistoryRecord): RecordFields {
  const storedAt = encodeTime(record.storedAtMs);
  const author = record.author !== undefined && { author: record.author };
  if (!isEntry(record)) return { storedAt, ...author, cancels: record.cancels };
  const { message, fromMs, untilMs } = record;
  return {
    storedAt,
    ...(fromMs !== undefined && { from: encodeTime(fromMs) }),
    ...(untilMs !== undefined && { until: encodeTime(untilMs) }),
    ...author,
    message,
  };
}

/**
 * @returns The same record.
 * @throws InvalidRecordError if it could not be read back: the store would not open again.
 */
export function checkedRecord(record: HistoryRecord): HistoryRecord {
  decodeFields(fieldsOf(record));
  return record;
}

function checkedMessage(message: string): string {
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
  return message;
}

function checkedAuthor(author: string): string {
  const isValid = author !== '' && Buffer.byteLength(author) <= MAX_USER_NAME_BYTES;
  check(isValid && isPlainText(author), 'has an invalid author');
  return author;
}

function decodeTime(time: string): number {
  const ms = Date.parse(time);
  check(!Number.isNaN(ms) && encodeTime(ms) === time, 'has an invalid time');
  // Other years have a sign and six digits in ISO 8601, which RFC 3339 does not allow.
  check(/^\d/.test(time), 'has a time outside of the years 0000 to 9999');
  return ms;
}

/** @param timeMs In milliseconds since 1970 (UTC). */
function encodeTime(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

function check(condition: boolean, fault: string): asserts condition {
  if (!condition) throw new InvalidRecordError(fault);
}
