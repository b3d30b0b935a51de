// Reads and checks a `messages.log`. Never writes, and needs no lock: another process may append to
// the file, or replace it, at the same time.

import { fstatSync, readSync } from 'node:fs';
import { History } from '../history.ts';
import { InvalidRecordError } from '../recordFields.ts';
import type { OnRead } from '../store.ts';
import { StoreOpenError } from '../storeOpenError.ts';
import {
  BLOCK_BYTES,
  ChecksumError,
  decodeHead,
  decodeRecord,
  FIRST_RECORD_AT,
  FIRST_RECORD_LINE,
  type Head,
  MAX_RECORD_BYTES,
  otherVersionOf,
} from './logFormat.ts';

const LF = 0x0a;
const CHUNK_BYTES = 64 * 1024;

export interface LogContent {
  /** The newest records, as many as the head counts, and those that are kept. */
  history: History;
  /** How many records the file holds, with those that the head does not count any more. */
  records: number;
  head: Head;
  /** The block of the head. */
  headBlock: 0 | 1;
  /** The end of the last valid record. */
  end: number;
  /** The length of the file: greater than `end` if the last write was torn. */
  size: number;
}

/** The message is a sentence about the file. */
class LogFault extends Error {}

/** How many records are read between two calls of `onRead`. */
const RECORDS_PER_CALL = 1000;

/**
 * @param path For the error.
 * @throws StoreOpenError if the file is damaged, or another program's. Otherwise what `node:fs`
 *   throws.
 */
export function readLog(descriptor: number, path: string, onRead: OnRead = () => {}): LogContent {
  try {
    // The heads first: what they hold about the records stays true while a server appends.
    const { head, headBlock } = readHead(descriptor);
    const { size } = fstatSync(descriptor);
    if (size < head.end) {
      throw new LogFault(`it was truncated to ${size} bytes; its head refers to byte ${head.end}`);
    }
    const records = readRecords(descriptor, head, (end) => onRead(end, size));
    return { ...records, head, headBlock, size };
  } catch (error) {
    if (!(error instanceof LogFault)) throw error;
    throw new StoreOpenError(
      'store-damaged',
      `${path} is damaged, or another program's: ${error.message}; restore a backup, or move the file away to start empty`,
    );
  }
}

function readHead(descriptor: number): Pick<LogContent, 'head' | 'headBlock'> {
  const bytes = readAt(descriptor, 0, FIRST_RECORD_AT);
  if (bytes.length < FIRST_RECORD_AT) throw new LogFault('it ends within its heads');
  const blocks = [bytes.subarray(0, BLOCK_BYTES), bytes.subarray(BLOCK_BYTES)];
  const [one, other] = blocks.map(decodeHead);
  if (one !== undefined && one.sequence > (other?.sequence ?? -1)) {
    return { head: one, headBlock: 0 };
  }
  if (other !== undefined) return { head: other, headBlock: 1 };
  const version = blocks.map(otherVersionOf).find((found) => found !== undefined);
  throw new LogFault(
    version === undefined
      ? 'neither of its first two lines is a valid head'
      : `its format is version ${version}, which this version of motd does not know`,
  );
}

function readRecords(
  descriptor: number,
  head: Head,
  onRead: (end: number) => void,
): Pick<LogContent, 'history' | 'records' | 'end'> {
  const history = new History(head.history);
  let isLastKept = true;
  let records = 0;
  let end = FIRST_RECORD_AT;
  for (const line of linesFrom(descriptor, FIRST_RECORD_AT)) {
    const lineNumber = FIRST_RECORD_LINE + records;
    const read = decodeLine(line, lineNumber, end >= head.end);
    if (read === 'torn') break;
    const { number, isKept, ...record } = read;
    const isNext = isLastKept ? number > history.last : number === history.last + 1;
    if (!isNext) throw new LogFault(`record ${number} in line ${lineNumber} is out of sequence`);
    if (isKept) history.addKept(record, number);
    else history.add(record, number);
    isLastKept = isKept;
    records++;
    end += line.length;
    if (records % RECORDS_PER_CALL === 0) onRead(end);
    if (end > head.end && end - line.length < head.end) {
      throw new LogFault(`its head refers to byte ${head.end}, within line ${lineNumber}`);
    }
  }
  return { history, records, end };
}

function decodeLine(
  line: Buffer,
  lineNumber: number,
  mayBeTorn: boolean,
): ReturnType<typeof decodeRecord> | 'torn' {
  try {
    return decodeRecord(line);
  } catch (error) {
    if (!(error instanceof InvalidRecordError)) throw error;
    if (error instanceof ChecksumError && mayBeTorn) return 'torn';
    throw new LogFault(`line ${lineNumber} ${error.message}`);
  }
}

/** @returns Lines with their LF. The last one has none if the file ends, or goes on, without it. */
function* linesFrom(descriptor: number, start: number): Generator<Buffer> {
  let at = start;
  let rest: Buffer = Buffer.alloc(0);
  for (;;) {
    const chunk = readAt(descriptor, at, CHUNK_BYTES);
    at += chunk.length;
    const bytes = Buffer.concat([rest, chunk]);
    let from = 0;
    for (let lf = bytes.indexOf(LF); lf !== -1; lf = bytes.indexOf(LF, from)) {
      yield bytes.subarray(from, lf + 1);
      from = lf + 1;
    }
    rest = bytes.subarray(from);
    if (chunk.length > 0 && rest.length <= MAX_RECORD_BYTES) continue;
    if (rest.length > 0) yield rest;
    return;
  }
}

/** @returns Fewer bytes if the file ends earlier. */
export function readAt(descriptor: number, start: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const read = readSync(descriptor, bytes, filled, length - filled, start + filled);
    if (read === 0) break;
    filled += read;
  }
  return bytes.subarray(0, filled);
}
