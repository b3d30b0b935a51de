// Encodes the records of the database as earlier versions did (lmdbRecord.ts).

import { crc32 } from 'node:zlib';
import type { HistoryEntry } from '../record.ts';

export function encodeLmdbRecord(number: number, { message, storedAtMs }: HistoryEntry): Buffer {
  const body = `${new Date(storedAtMs).toISOString()} ${message}`;
  const sum = crc32(`${number} ${body}`).toString(16).padStart(8, '0');
  return Buffer.from(`${sum} ${body}`, 'utf8');
}
