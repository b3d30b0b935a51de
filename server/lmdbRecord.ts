// How a stored message is written in the database: `CRC TIME MESSAGE`, as text that a person can
// read with mdb_dump. The checksum covers the record's number, too:
// a record cannot pass for another.

import { crc32 } from 'node:zlib';
import type { HistoryEntry } from './history.ts';

const RECORD = /^(?<sum>[0-9a-f]{8}) (?<body>(?<time>\S+) (?<message>.+))$/u;

/** The bytes of an entry. */
export function encodeRecord(number: number, { message, storedAtMs }: HistoryEntry): Buffer {
  const body = `${new Date(storedAtMs).toISOString()} ${message}`;
  return Buffer.from(`${checksum(number, body)} ${body}`, 'utf8');
}

/** The entry of these bytes; `undefined` where they are not what was written under that number. */
export function decodeRecord(number: number, bytes: Buffer): HistoryEntry | undefined {
  const { sum, body = '', time = '', message } = RECORD.exec(bytes.toString('utf8'))?.groups ?? {};
  if (message === undefined || sum !== checksum(number, body)) return undefined;
  return { message, storedAtMs: Date.parse(time) };
}

function checksum(number: number, body: string): string {
  return crc32(`${number} ${body}`).toString(16).padStart(8, '0');
}
