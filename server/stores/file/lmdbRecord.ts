// Decodes the records of the database: `CRC TIME MESSAGE`, as text that can be read
// with mdb_dump. The checksum covers the entry's number, so a record cannot pass for another.

import { crc32 } from 'node:zlib';
import type { HistoryRecord } from '../record.ts';
import { decodeFields, decodeText, InvalidRecordError } from '../recordFields.ts';

const RECORD = /^(?<sum>[0-9a-f]{8}) (?<body>(?<time>\S+) (?<message>.*))$/su;

/**
 * @returns The record. The strings in it share memory with one copy of the record, and keep nothing
 *   else alive.
 * @throws InvalidRecordError
 */
export function decodeRecord(number: number, bytes: Buffer): HistoryRecord {
  const record = RECORD.exec(decodeText(bytes))?.groups;
  if (record === undefined) throw new InvalidRecordError('is not a stored message');
  const { sum, body = '', time: storedAt = '', message = '' } = record;
  if (sum !== checksum(number, body)) throw new InvalidRecordError('does not match its checksum');
  return decodeFields({ storedAt, message });
}

function checksum(number: number, body: string): string {
  return crc32(`${number} ${body}`).toString(16).padStart(8, '0');
}
