// Encodes and decodes the records of the database: `CRC TIME MESSAGE`, as text that can be read
// with mdb_dump. The checksum covers the entry's number, so a record cannot pass for another.

import { crc32 } from 'node:zlib';
import type { HistoryEntry } from '../history.ts';
import { decodeEntry, decodeEntryText, encodeTime, InvalidEntryError } from '../historyEntry.ts';

const RECORD = /^(?<sum>[0-9a-f]{8}) (?<body>(?<time>\S+) (?<message>.*))$/su;

export function encodeRecord(number: number, { message, storedAtMs }: HistoryEntry): Buffer {
  const body = `${encodeTime(storedAtMs)} ${message}`;
  return Buffer.from(`${checksum(number, body)} ${body}`, 'utf8');
}

/**
 * @returns The entry. The strings in it share memory with one copy of the record, and keep nothing
 *   else alive.
 * @throws InvalidEntryError
 */
export function decodeRecord(number: number, bytes: Buffer): HistoryEntry {
  const record = RECORD.exec(decodeEntryText(bytes))?.groups;
  if (record === undefined) throw new InvalidEntryError('is not a stored message');
  const { sum, body = '', time = '', message = '' } = record;
  if (sum !== checksum(number, body)) throw new InvalidEntryError('does not match its checksum');
  return decodeEntry(time, message);
}

function checksum(number: number, body: string): string {
  return crc32(`${number} ${body}`).toString(16).padStart(8, '0');
}
