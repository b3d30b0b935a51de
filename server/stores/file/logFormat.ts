// The format of `messages.log`: UTF-8 text, a line for each record, after two lines of 4,096 bytes.
//
//   motd-log 1 sequence 8 end 8279 history 1000 crc cd612a56 (spaces)
//   motd-log 1 sequence 7 end 8192 history 1000 crc 30e266b4 (spaces)
//   fbb93751 {"number":1,"storedAt":"2026-11-27T12:00:00.000Z","message":"exam in room 4"}
//
// Records  A CRC-32 (zlib's) of the JSON, in hexadecimal. The numbers are consecutive, except after
//          those marked "kept": they are older than the records that count, but may still be in
//          force. A planned message has "from" and "until", an entry may have an "author", and a
//          record with "cancels" in place of "message" cancels the entry of that number.
//
// Heads    The first two lines. `end` is the length in bytes up to which the file is known to be
//          synced. `history` is how many of the newest records count; older ones were dropped.
//          The valid head with the greater sequence number is in force; the other one is
//          overwritten next. So a torn write never destroys both. Each fills a block of its own,
//          because a disk may tear the block that it writes.
//
// What a reader makes of a file (readLog.ts):
//
//   before `end`   Every byte belongs to a valid record, or the file is damaged. Also if it is
//                  shorter than `end`.
//   after `end`    Valid records count: they were written, and perhaps acknowledged. The first line
//                  that does not match its checksum, and everything after it, is a torn write
//                  which was never acknowledged: it is ignored.
//
// A record with a valid checksum is never ignored: if its content is invalid or unknown, a later
// version or another program wrote it, and the file is rejected.

import { crc32 } from 'node:zlib';
import type { Numbered } from '../record.ts';
import {
  decodeFields,
  decodeText,
  fieldsOf,
  InvalidRecordError,
  type RecordFields,
} from '../recordFields.ts';

const LF = 0x0a;
const MAGIC = 'motd-log';
const VERSION = 1;

/** The size of a page, and of a sector of current disks. */
export const BLOCK_BYTES = 4096;

export const FIRST_RECORD_AT = 2 * BLOCK_BYTES;
/** Heads count as lines 1 and 2, as in an editor. */
export const FIRST_RECORD_LINE = 3;

/** A message of 4,096 bytes, each escaped by a backslash, and the rest of its record. */
export const MAX_RECORD_BYTES = 10_000;

export interface Head {
  sequence: number;
  end: number;
  history: number;
}

/** The line does not match its checksum: a torn write, or damage. */
export class ChecksumError extends InvalidRecordError {
  override name = 'ChecksumError';
}

/** @returns A block. */
export function encodeHead({ sequence, end, history }: Head): Buffer {
  const content = `${MAGIC} ${VERSION} sequence ${sequence} end ${end} history ${history}`;
  const line = `${content} crc ${checksum(content)}`;
  return Buffer.from(`${line.padEnd(BLOCK_BYTES - 1)}\n`, 'latin1');
}

const HEAD = /^motd-log 1 sequence (?<sequence>\d+) end (?<end>\d+) history (?<history>\d+) crc /;

/** @returns `undefined` if the block is not exactly what `encodeHead` returns for a valid head. */
export function decodeHead(block: Buffer): Head | undefined {
  const fields = HEAD.exec(block.toString('latin1'))?.groups;
  if (fields === undefined) return undefined;
  const head = {
    sequence: Number(fields['sequence']),
    end: Number(fields['end']),
    history: Number(fields['history']),
  };
  const isValid = head.end >= FIRST_RECORD_AT && head.history > 0;
  return isValid && encodeHead(head).equals(block) ? head : undefined;
}

/** @returns The version of the format of a block that is a head of another version. */
export function otherVersionOf(block: Buffer): number | undefined {
  const version = /^motd-log (?<version>\d{1,9}) /.exec(block.toString('latin1'))?.groups;
  const number = Number(version?.['version'] ?? VERSION);
  return number === VERSION ? undefined : number;
}

/** A record as it stands in a file. */
export type LogRecord = Numbered & {
  /** It is older than the records that count, but may still be in force. */
  readonly isKept: boolean;
};

/** @returns A line, with its LF. */
export function encodeRecord({ number, isKept, ...record }: LogRecord): Buffer {
  const json = JSON.stringify({ number, ...(isKept && { kept: true }), ...fieldsOf(record) });
  return Buffer.from(`${checksum(json)} ${json}\n`, 'utf8');
}

/**
 * @param line With its LF.
 * @throws ChecksumError, or InvalidRecordError if the content of the record is invalid.
 */
export function decodeRecord(line: Buffer): LogRecord {
  if (line.length < 10 || line.at(-1) !== LF || line.at(8) !== 0x20) throw checksumError();
  const json = line.subarray(9, -1);
  if (line.toString('latin1', 0, 8) !== checksum(json)) throw checksumError();
  const fields = parseObject(decodeText(json));
  const unknown = Object.keys(fields).find((name) => !(name in FIELD_TYPES));
  if (unknown !== undefined) {
    throw new InvalidRecordError(`has a field that this version does not know, ${unknown}`);
  }
  if (!isTyped(fields) || !Number.isSafeInteger(fields.number)) {
    throw new InvalidRecordError('is not a stored message');
  }
  const { number, kept = false, ...record } = fields;
  return { number, isKept: kept, ...decodeFields(record) };
}

interface LogFields extends RecordFields {
  number: number;
  kept?: boolean;
}

const FIELD_TYPES: Readonly<Record<keyof LogFields, string>> = {
  number: 'number',
  kept: 'boolean',
  storedAt: 'string',
  from: 'string',
  until: 'string',
  author: 'string',
  cancels: 'number',
  message: 'string',
};

const REQUIRED_FIELDS: readonly (keyof LogFields)[] = ['number', 'storedAt'];

function isTyped(fields: Partial<Record<string, unknown>>): fields is LogFields & typeof fields {
  const entries = Object.entries(fields);
  const isComplete = REQUIRED_FIELDS.every((name) => name in fields);
  return (
    isComplete &&
    entries.every(([name, value]) => typeof value === FIELD_TYPES[name as keyof LogFields])
  );
}

function parseObject(json: string): Record<string, unknown> {
  try {
    return { ...JSON.parse(json) };
  } catch {
    throw new InvalidRecordError('is not a stored message');
  }
}

function checksumError(): ChecksumError {
  return new ChecksumError('does not match its checksum');
}

function checksum(content: string | Buffer): string {
  return crc32(content).toString(16).padStart(8, '0');
}
