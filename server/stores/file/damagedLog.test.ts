// Every damage of one byte, and every truncation, of two small files: the reader returns exactly
// what was stored, or reports the file as damaged.

import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { messagesIn } from '../store.harness.ts';
import { StoreOpenError } from '../storeOpenError.ts';
import { encodeHead, encodeRecord, FIRST_RECORD_AT } from './logFormat.ts';
import { readLog } from './readLog.ts';

const PATH = '/motd-data/messages.log';
const REJECTION = /messages\.log is damaged, or another program's: .*; restore a backup/;
const MESSAGES = ['an apple', 'a "b" \\ \t 漢 👩🏽‍💻', 'x'.repeat(300), '0', 'the last one'];
/** Flips of single bits, of a digit's case, of all bits. */
const MASKS = [0x01, 0x20, 0x80, 0xff];

let folder = '';
let descriptor = 0;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'motd-damaged-'));
  descriptor = openSync(join(folder, 'messages.log'), 'w+');
});
afterEach(() => {
  closeSync(descriptor);
  rmSync(folder, { recursive: true });
});

/** A file whose newest head covers some of the messages, and the other head one less. */
function makeFile(covered: number): { bytes: Buffer; ends: number[] } {
  const records = MESSAGES.map((message, n) =>
    encodeRecord({ number: n + 1, isKept: false, message, storedAtMs: n }),
  );
  const ends = [FIRST_RECORD_AT];
  for (const record of records) ends.push((ends.at(-1) ?? 0) + record.length);
  const head = (sequence: number, count: number) =>
    encodeHead({ sequence, end: ends[count] ?? 0, history: 1000 });
  return { bytes: Buffer.concat([head(7, covered - 1), head(8, covered), ...records]), ends };
}

/** @returns How many messages the reader finds; `damaged` if it rejects the file. */
function readCount(): number | 'damaged' {
  try {
    const { history, end } = readLog(descriptor, PATH);
    const messages = messagesIn({ history });
    const count = messages.length;
    const isRight = messages.every((message, index) => message === MESSAGES[index]);
    if (!isRight || history.first !== 1 || end < FIRST_RECORD_AT) throw new Error('wrong content');
    return count;
  } catch (error) {
    if (error instanceof StoreOpenError && REJECTION.test(error.message)) return 'damaged';
    throw error;
  }
}

function write(bytes: Buffer): void {
  ftruncateSync(descriptor, 0);
  writeSync(descriptor, bytes, 0, bytes.length, 0);
}

/** What the reader finds if a byte is changed in each of several ways. */
function countsAfterFlips(bytes: Buffer, at: number): (number | 'damaged')[] {
  const byte = bytes.readUInt8(at);
  // A head is mostly spaces, which need no more than one.
  const masks = byte === 0x20 ? MASKS.slice(0, 1) : MASKS;
  return masks.map((mask) => {
    writeSync(descriptor, Buffer.of(byte ^ mask), 0, 1, at);
    const count = readCount();
    writeSync(descriptor, Buffer.of(byte), 0, 1, at);
    return count;
  });
}

function eachOffset(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, index) => start + index);
}

describe('a file whose head covers every record', () => {
  const { bytes } = makeFile(MESSAGES.length);

  test('is read', () => {
    write(bytes);
    expect(readCount()).toBe(MESSAGES.length);
  });

  test('is rejected with any byte of a record changed', () => {
    write(bytes);
    const unnoticed = eachOffset(FIRST_RECORD_AT, bytes.length).filter((at) =>
      countsAfterFlips(bytes, at).some((count) => count !== 'damaged'),
    );
    expect(unnoticed).toEqual([]);
  });

  test('is read in full with any byte of one head changed', () => {
    write(bytes);
    const wrong = eachOffset(0, FIRST_RECORD_AT).filter((at) =>
      countsAfterFlips(bytes, at).some((count) => count !== MESSAGES.length),
    );
    expect(wrong).toEqual([]);
  });

  test('is rejected with a byte of both heads changed', () => {
    write(bytes);
    writeSync(descriptor, 'x', 100);
    const accepted = eachOffset(4096, FIRST_RECORD_AT).filter((at) =>
      countsAfterFlips(bytes, at).some((count) => count !== 'damaged'),
    );
    expect(accepted).toEqual([]);
  });

  test('is rejected if it is truncated to any length', () => {
    write(bytes);
    for (let length = bytes.length - 1; length >= 0; length--) {
      ftruncateSync(descriptor, length);
      expect(readCount(), `${length} bytes`).toBe('damaged');
    }
  });

  test.each([
    ['zeros', Buffer.alloc(100)],
    ['an empty line', Buffer.from('\n')],
  ])('is read if %s follows: no record', (_what, rest) => {
    write(Buffer.concat([bytes, rest]));
    expect(readCount()).toBe(MESSAGES.length);
  });

  test('is rejected if a record of another number follows', () => {
    write(Buffer.concat([bytes, bytes.subarray(FIRST_RECORD_AT)]));
    expect(readCount()).toBe('damaged');
  });
});

describe('a file whose head does not cover the last records yet', () => {
  const COVERED = 2;
  const { bytes, ends } = makeFile(COVERED);

  /** How many records are whole before an offset. */
  const wholeBefore = (at: number) => ends.filter((end) => end <= at).length - 1;

  test('is read up to a changed byte; rejected if the head covers that byte', () => {
    write(bytes);
    const end = ends[COVERED] ?? 0;
    const wrong = eachOffset(FIRST_RECORD_AT, bytes.length).filter((at) => {
      const expected = at < end ? 'damaged' : wholeBefore(at);
      return countsAfterFlips(bytes, at).some((count) => count !== expected);
    });
    expect(wrong).toEqual([]);
  });

  test('is read in full with any byte of one head changed', () => {
    write(bytes);
    const wrong = eachOffset(0, FIRST_RECORD_AT).filter((at) =>
      countsAfterFlips(bytes, at).some((count) => count !== MESSAGES.length),
    );
    expect(wrong).toEqual([]);
  });

  test('is read up to where it was truncated; rejected if the head covers more', () => {
    write(bytes);
    for (let length = bytes.length; length >= 0; length--) {
      ftruncateSync(descriptor, length);
      const isCovered = length >= (ends[COVERED] ?? 0);
      expect(readCount(), `${length} bytes`).toBe(isCovered ? wholeBefore(length) : 'damaged');
    }
  });
});
