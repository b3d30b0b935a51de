// How a stored message is written in the database: `CRC TIME MESSAGE`, as text that a person can
// read with mdb_dump. The checksum covers the record's number, too:
// a record cannot pass for another.

import { crc32 } from 'node:zlib';
import type { HistoryEntry } from './history.ts';
import { recordText, storedEntry } from './storedEntry.ts';

const RECORD = /^(?<sum>[0-9a-f]{8}) (?<body>(?<time>\S*) (?<message>.*))$/su;

/** The bytes of an entry. */
export function encodeRecord(number: number, { message, storedAtMs }: HistoryEntry): Buffer {
  const body = `${new Date(storedAtMs).toISOString()} ${message}`;
  return Buffer.from(`${checksum(number, body)} ${body}`, 'utf8');
}

/**
 * Decodes the bytes of an entry.
 *
 * @throws Error if they are not what a server wrote under that number (storedEntry.ts).
 */
export function decodeRecord(number: number, bytes: Buffer): HistoryEntry {
  const { sum, body = '', time = '', message } = RECORD.exec(recordText(bytes))?.groups ?? {};
  if (message === undefined) throw new Error('is not of a server');
  if (sum !== checksum(number, body)) throw new Error('does not match its checksum');
  return storedEntry(time, message);
}

function checksum(number: number, body: string): string {
  return crc32(`${number} ${body}`).toString(16).padStart(8, '0');
}
