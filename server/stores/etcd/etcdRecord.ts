// How the message is written in etcd, as text that a person can read with etcdctl:
//
//   /PREFIX/head                  17 kQ3vYdX0Ab1c-42 9fZx…-7
//   /PREFIX/entries/000000000017  2026-11-22T17:00:00.000Z kQ3vYdX0Ab1c-42 the message
//
// The head names the newest entry, and the last write of each server that stored lately. Every
// transaction writes it, and only while it is as the writer last saw it: so two writers can never both
// have come next, and who has had no answer finds its write there, or finds that it was not made.

import type { HistoryEntry } from '../history.ts';
import { decodeEntry, decodeText, encodeTime, InvalidEntryError } from '../historyEntry.ts';

/** Keys sort as their bytes do (etcd's documentation, "Data model"). */
const DIGITS = 12;

const RECORD = /^(?<time>\S+) (?<writeId>\S+) (?<message>.*)$/su;

/** Of how many servers the head names the last write; the one that stored longest ago is dropped. */
const MAX_WRITERS = 64;

const HEAD = /^(?<last>\d{1,12})(?<writes>( \S+)*)$/;

/** A message as etcd has it. */
export interface EtcdEntry extends HistoryEntry {
  number: number;
  /** Which transaction wrote it, of which server. */
  writeId: string;
}

/** The keys below a prefix, which ends with a slash. */
export class EtcdKeys {
  readonly head: Buffer;
  /** All keys are in this half-open range. */
  readonly all: { key: Buffer; range_end: Buffer };
  readonly #entries: string;

  constructor(prefix: string) {
    this.head = Buffer.from(`${prefix}head`);
    this.all = { key: Buffer.from(prefix), range_end: behind(prefix) };
    this.#entries = `${prefix}entries/`;
  }

  entry(number: number): Buffer {
    return Buffer.from(`${this.#entries}${String(number).padStart(DIGITS, '0')}`);
  }

  /** All entries from a number on. */
  entriesFrom(number: number): { key: Buffer; range_end: Buffer } {
    return { key: this.entry(number), range_end: behind(`${this.#entries}9`) };
  }

  /** All entries below a number. */
  entriesBelow(number: number): { key: Buffer; range_end: Buffer } {
    return { key: this.entry(0), range_end: this.entry(number) };
  }

  /**
   * @returns The entry of a key; `undefined` where the key is somebody else's. Its text points into
   *   that of its own value, and pins nothing else.
   * @throws If the value is not what we write.
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
    const record = RECORD.exec(decodeText(value))?.groups;
    if (record === undefined) throw new InvalidEntryError('is not a stored message');
    const { time = '', writeId = '', message = '' } = record;
    return { ...decodeEntry(time, message), writeId };
  } catch (error) {
    if (!(error instanceof InvalidEntryError)) throw error;
    throw new Error(`etcd holds what is not ours: ${name} ${error.message}`);
  }
}

export function encodeEntry({ message, storedAtMs }: HistoryEntry, writeId: string): Buffer {
  return Buffer.from(`${encodeTime(storedAtMs)} ${writeId} ${message}`);
}

/**
 * @returns The number of the newest entry, and the last write of each server, the newest first.
 * @throws Where the value is not what we write.
 */
export function decodeHead(value: Buffer): { last: number; writes: string[] } {
  const { last, writes = '' } = HEAD.exec(value.toString())?.groups ?? {};
  if (last !== undefined) return { last: Number(last), writes: writes.split(' ').slice(1) };
  throw new Error('etcd holds a head that is not ours; name another prefix with --store');
}

export function encodeHead(last: number, writes: readonly string[]): Buffer {
  return Buffer.from([last, ...writes].join(' '));
}

/** The same with one more write, in the place of that server's last. */
export function withWrite(writes: readonly string[], writeId: string): string[] {
  const server = serverOf(writeId);
  const others = writes.filter((write) => serverOf(write) !== server);
  return [writeId, ...others].slice(0, MAX_WRITERS);
}

/** Which server a write is of: `SERVER-NUMBER`. */
export function serverOf(writeId: string): string {
  return writeId.slice(0, writeId.lastIndexOf('-'));
}

/** The first key behind all that begin with these characters; the last is one of ASCII. */
function behind(prefix: string): Buffer {
  const end = Buffer.from(prefix);
  const last = end.length - 1;
  end.writeUInt8(end.readUInt8(last) + 1, last);
  return end;
}
