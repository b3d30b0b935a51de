// The keys and values in etcd, as text that can be read with etcdctl:
//
//   /PREFIX/head                  17 kQ3vYdX0Ab1c-42 9fZx…-7
//   /PREFIX/entries/000000000017  2026-11-22T17:00:00.000Z kQ3vYdX0Ab1c-42 the message
//   /PREFIX/entries/000000000018  2026-11-22T17:05:00.000Z;cancels=17;author=alice kQ3vYdX0Ab1c-43
//
// After the time follow a `from` and an `until`, if the message was planned, an author, if one is
// known, or the number of the entry that the record cancels. An author is percent-encoded.
//
// The head holds the number of the newest record, and the write ID of the last write of each server
// that stored recently. Every transaction writes the head, on the condition that it has not changed
// since the writer read it (compare-and-swap). So two writers can never store under the same
// number, and a writer that got no answer finds out from the head whether its write was committed.

import type { HistoryRecord, Numbered } from '../record.ts';
import {
  decodeFields,
  decodeText,
  fieldsOf,
  InvalidRecordError,
  type RecordFields,
} from '../recordFields.ts';
import type { KeyRange } from './etcdApi.ts';

/** Padded, because etcd sorts keys by their bytes (its documentation, "Data model"). */
const DIGITS = 12;

const RECORD = /^(?<time>[^\s;]+)(?<attributes>\S*) (?<writeId>\S+) (?<message>.*)$/su;

const ATTRIBUTES = /;(?<name>from|until|author|cancels)=(?<value>[^;]*)/g;

/**
 * The number of servers whose write IDs the head holds. Beyond it, the one that stored longest ago
 * is dropped.
 */
const MAX_WRITERS = 64;

const HEAD = /^(?<last>\d{1,12})(?<writes>( \S+)*)$/;

export type EtcdRecord = Numbered & {
  /** The transaction that wrote it: `SERVER-NUMBER`. */
  readonly writeId: string;
};

/** The numbers from `first` until just before `end`. */
export interface NumberRange {
  first: number;
  end: number;
}

/** The keys below a prefix, which ends with a slash. */
export class EtcdKeys {
  readonly head: Buffer;
  readonly all: KeyRange;
  readonly #entries: string;

  constructor(prefix: string) {
    this.head = Buffer.from(`${prefix}head`);
    this.all = { key: Buffer.from(prefix), rangeEnd: prefixEnd(prefix) };
    this.#entries = `${prefix}entries/`;
  }

  entry(number: number): Buffer {
    return Buffer.from(`${this.#entries}${String(number).padStart(DIGITS, '0')}`);
  }

  /** All records with this number or a higher one. */
  entriesFrom(number: number): KeyRange {
    return { key: this.entry(number), rangeEnd: prefixEnd(`${this.#entries}9`) };
  }

  /** All records with a number of the range. */
  entriesIn({ first, end }: NumberRange): KeyRange {
    return { key: this.entry(first), rangeEnd: this.entry(end) };
  }

  /**
   * @returns The record; `undefined` if the key is not that of one. The strings in it share
   *   memory with one copy of the value, and keep nothing else alive.
   * @throws If the value is invalid.
   */
  decodeRecord(key: Buffer, value: Buffer): EtcdRecord | undefined {
    const number = this.numberIn(key);
    return number === undefined ? undefined : { number, ...decodeValue(key.toString(), value) };
  }

  /** @returns The number of a record; `undefined` if the key is not that of one. */
  numberIn(key: Buffer): number | undefined {
    const name = key.toString();
    const digits = name.startsWith(this.#entries) ? name.slice(this.#entries.length) : '';
    return digits.length === DIGITS && /^\d+$/.test(digits) ? Number(digits) : undefined;
  }
}

function decodeValue(name: string, value: Buffer): HistoryRecord & { writeId: string } {
  try {
    const fields = RECORD.exec(decodeText(value))?.groups;
    if (fields === undefined) throw new InvalidRecordError('is not a stored message');
    const { time: storedAt = '', attributes = '', writeId = '', message = '' } = fields;
    const record = decodeFields({ storedAt, ...decodeAttributes(attributes), message });
    return { ...record, writeId };
  } catch (error) {
    if (!(error instanceof InvalidRecordError)) throw error;
    throw new Error(`etcd key ${name} ${error.message}: it was not written by this program`);
  }
}

function decodeAttributes(text: string): Omit<RecordFields, 'storedAt' | 'message'> {
  const values: Record<string, string> = {};
  let end = 0;
  for (const { index, 0: attribute, groups } of text.matchAll(ATTRIBUTES)) {
    if (index !== end) break;
    end += attribute.length;
    values[groups?.['name'] ?? ''] = decodeValueOf(groups?.['value'] ?? '');
  }
  if (end < text.length) throw new InvalidRecordError('has an unknown attribute');
  const { cancels, ...others } = values;
  return cancels === undefined ? others : { ...others, cancels: Number(cancels) };
}

function decodeValueOf(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new InvalidRecordError('has an attribute that is not percent-encoded');
  }
}

export function encodeRecord(record: HistoryRecord, writeId: string): Buffer {
  const { storedAt, message = '', ...attributes } = fieldsOf(record);
  const { author, ...others } = attributes;
  const values = { ...others, ...(author !== undefined && { author: encodeURIComponent(author) }) };
  const encoded = Object.entries(values).map(([name, value]) => `;${name}=${value}`);
  return Buffer.from(`${storedAt}${encoded.join('')} ${writeId} ${message}`);
}

/**
 * @returns The number of the newest record, and the last write ID of each server, newest first.
 * @throws If the value is invalid.
 */
export function decodeHead(value: Buffer): { last: number; writes: string[] } {
  const { last, writes = '' } = HEAD.exec(value.toString())?.groups ?? {};
  if (last !== undefined) return { last: Number(last), writes: writes.split(' ').slice(1) };
  throw new Error('the value of the head key in etcd was not written by this program');
}

export function encodeHead(last: number, writes: readonly string[]): Buffer {
  return Buffer.from([last, ...writes].join(' '));
}

/** Adds a write ID; it replaces the previous one of the same server. */
export function withWrite(writes: readonly string[], writeId: string): string[] {
  const server = serverOf(writeId);
  const others = writes.filter((write) => serverOf(write) !== server);
  return [writeId, ...others].slice(0, MAX_WRITERS);
}

/** The server in a write ID: `SERVER-NUMBER`. */
export function serverOf(writeId: string): string {
  return writeId.slice(0, writeId.lastIndexOf('-'));
}

/** The first key after all keys with this prefix; the prefix must end with an ASCII character. */
function prefixEnd(prefix: string): Buffer {
  const end = Buffer.from(prefix);
  const last = end.length - 1;
  end.writeUInt8(end.readUInt8(last) + 1, last);
  return end;
}
