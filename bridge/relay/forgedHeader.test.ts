import { describe, expect, test } from 'vitest';
import { ForgedHeader } from './forgedHeader.ts';

const V1 = 'PROXY TCP4 192.0.2.7 198.51.100.1 56324 26310\r\n';
const V2 = '\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c';

/** How many chunks pass before one is rejected; all of them if none is. */
function passed(chunks: Iterable<string>): number {
  const header = new ForgedHeader();
  let count = 0;
  for (const chunk of chunks) {
    if (header.isIn(Buffer.from(chunk, 'latin1'))) return count;
    count++;
  }
  return count;
}

describe.each([
  ['version 1', V1, 'PROXY '.length],
  ['version 2', V2, 12],
])('rejects a PROXY header of %s', (_version, header, length) => {
  test('in one chunk', () => expect(passed([header])).toBe(0));
  test('byte by byte, at its last byte at the latest', () =>
    expect(passed(header)).toBe(length - 1));
  test('after an empty message', () => expect(passed(['', header])).toBe(1));
});

test.each([
  'MSGGET\n',
  'PROXIMA\n',
  'P',
  'PROXY\n',
  ' PROXY TCP4',
  '\r\n\r\nMSGGET',
  'proxy UNKNOWN\r\n',
])('passes %j, whole and byte by byte', (bytes) => {
  expect(passed([bytes])).toBe(1);
  expect(passed(bytes)).toBe(bytes.length);
});

test('rejects everything after a PROXY header', () => {
  const header = new ForgedHeader();
  const isIn = (bytes: string) => header.isIn(Buffer.from(bytes, 'latin1'));
  expect([V1, V1, 'MSGGET\n', V2].map(isIn)).toEqual([true, true, true, true]);
});

test('passes a PROXY header that is not at the beginning', () => {
  expect(passed(['x', V1])).toBe(2);
  expect(passed([`MSGGET\n${V1}`])).toBe(1);
});
