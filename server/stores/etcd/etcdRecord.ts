// The keys and values in etcd, as text that can be read with etcdctl:
//
//   /PREFIX/head                  17 kQ3vYdX0Ab1c-42 9fZx…-7
//   /PREFIX/entries/000000000017  2026-11-22T17:00:00.000Z kQ3vYdX0Ab1c-42 the message
//
// The head holds the number of the newest entry, and the write ID of the last write of each server
// that stored recently. Every transaction writes the head, on the condition that it has not changed
// since the writer read it (compare-and-swap). So two writers can never store under the same
// number, and a writer that got no answer finds out from the head whether its write was committed.

import type { HistoryEntry } from '../history.ts';
import { decodeEntry, decodeEntryText, encodeTime, InvalidEntryError } from '../historyEntry.ts';
import type { KeyRange } from './etcdApi.ts';

/** Padded, because etcd sorts keys by their bytes (its documentation, "Data model"). */
const DIGITS = 12;

const ENTRY = /^(?<time>\S+) (?<writeId>\S+) (?<message>.*)$/su;

/**
 * The number of servers whose write IDs the head holds. Beyond it, the one that stored longest ago
 * is dropped.
 */
const MAX_WRITERS = 64;

const HEAD = /^(?<last>\d{1,12})(?<writes>( \S+)*)$/;

export interface EtcdEntry extends HistoryEntry {
  number: number;
  /** The transaction that wrote it: `SERVER-NUMBER`. */
  writeId: string;
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

  /** All entries with this number or a higher one. */
  entriesFrom(number: number): KeyRange {
    return { key: this.entry(number), rangeEnd: prefixEnd(`${this.#entries}9`) };
  }

  /** All entries with a lower number. */
  entriesBelow(number: number): KeyRange {
    return { key: this.entry(0), rangeEnd: this.entry(number) };
  }

  /**
   * @returns The entry; `undefined` if the key is not that of an entry. The strings in it share
   *   memory with one copy of the value, and keep nothing else alive.
   * @throws If the value is invalid.
   */
  decodeEntry(key: Buffer, value: Buffer): EtcdEntry | undefined {
    const name = key.toString();
    const digits = name.startsWith(this.#entries) ? name.slice(this.#entries.length) : '';
    if (digits.length !== DIGITS || !/^\d+$/.test(digits)) return undefined;
    return { number: Number(digits), ...decodeValue(name, value) };
  }
}

function decodeValue(name: string, value: Buffer): Omit<EtcdEntry, 'number'> {
  try {
    const fields = ENTRY.exec(decodeEntryText(value))?.groups;
    if (fields === undefined) throw new InvalidEntryError('is not a stored message');
    const { time = '', writeId = '', message = '' } = fields;
    return { ...decodeEntry(time, message), writeId };
  } catch (error) {
    if (!(error instanceof InvalidEntryError)) throw error;
    throw new Error(`etcd key ${name} ${error.message}: it was not written by this program`);
  }
}

export function encodeEntry({ message, storedAtMs }: HistoryEntry, writeId: string): Buffer {
  return Buffer.from(`${encodeTime(storedAtMs)} ${writeId} ${message}`);
}

/**
 * @returns The number of the newest entry, and the last write ID of each server, newest first.
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
