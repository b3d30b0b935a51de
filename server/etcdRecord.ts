// How the message is written in etcd, as text that a person can read with etcdctl:
//
//   PREFIX/head                   17
//   PREFIX/entries/000000000017   2026-11-22T17:00:00.000Z 5f3c…-42 the message
//
// The head names the newest entry. Every transaction writes it, and only while it is as the writer
// last saw it: so two writers can never both have come next.

import { isPlainText } from '../protocol/plainText.ts';
import type { HistoryEntry } from './history.ts';

/** Keys sort as their bytes do (etcd's documentation, "Data model"). */
const DIGITS = 12;

const RECORD = /^(?<time>\S+) (?<writeId>\S+) (?<message>.+)$/su;

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
  readonly #entriesEnd: Buffer;

  constructor(prefix: string) {
    this.head = Buffer.from(`${prefix}head`);
    this.all = { key: Buffer.from(prefix), range_end: behind(prefix) };
    this.#entries = `${prefix}entries/`;
    this.#entriesEnd = behind(this.#entries);
  }

  entry(number: number): Buffer {
    return Buffer.from(`${this.#entries}${String(number).padStart(DIGITS, '0')}`);
  }

  /** All entries from a number on. */
  entriesFrom(number: number): { key: Buffer; range_end: Buffer } {
    return { key: this.entry(number), range_end: this.#entriesEnd };
  }

  /** All entries below a number. */
  entriesBelow(number: number): { key: Buffer; range_end: Buffer } {
    return { key: this.entry(0), range_end: this.entry(number) };
  }

  /** @throws Where this is no key of ours, or its value is not what we write. */
  decodeEntry(key: Buffer, value: Buffer): EtcdEntry {
    const name = key.toString();
    const number = Number(name.slice(this.#entries.length));
    const record = RECORD.exec(value.toString())?.groups;
    const { time = '', writeId = '', message = '' } = record ?? {};
    const storedAtMs = Date.parse(time);
    const isOurs = name.startsWith(this.#entries) && number >= 1 && !Number.isNaN(storedAtMs);
    if (!isOurs || !isPlainText(message)) throw new Error(`etcd holds what is not ours: ${name}`);
    return { number, message, storedAtMs, writeId };
  }
}

export function encodeEntry({ message, storedAtMs }: HistoryEntry, writeId: string): Buffer {
  return Buffer.from(`${new Date(storedAtMs).toISOString()} ${writeId} ${message}`);
}

/** @returns The number of the newest entry. @throws Where the value is none. */
export function decodeHead(value: Buffer): number {
  const text = value.toString();
  if (/^\d{1,12}$/.test(text)) return Number(text);
  throw new Error('etcd holds a head that is not ours; name another prefix with --store');
}

export function encodeHead(last: number): Buffer {
  return Buffer.from(String(last));
}

/** The first key behind all that begin with these characters; the last is one of ASCII. */
function behind(prefix: string): Buffer {
  const end = Buffer.from(prefix);
  const last = end.length - 1;
  end.writeUInt8(end.readUInt8(last) + 1, last);
  return end;
}
