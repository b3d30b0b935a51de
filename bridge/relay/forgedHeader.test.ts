import { describe, expect, test } from 'vitest';
import { ForgedHeader } from './forgedHeader.ts';

const V1 = 'PROXY TCP4 192.0.2.7 198.51.100.1 56324 26310\r\n';
const V2 = '\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c';

/** How many pieces pass before one is stopped; all of them, if none is. */
function passed(pieces: Iterable<string>): number {
  const header = new ForgedHeader();
  let count = 0;
  for (const piece of pieces) {
    if (header.isIn(Buffer.from(piece, 'latin1'))) return count;
    count++;
  }
  return count;
}

describe.each([
  ['version 1', V1, 'PROXY '.length],
  ['version 2', V2, 12],
])('a PROXY header of %s is stopped', (_version, header, length) => {
  test('whole', () => expect(passed([header])).toBe(0));
  test('byte by byte, before it can be recognized', () => expect(passed(header)).toBe(length - 1));
  test('behind an empty message', () => expect(passed(['', header])).toBe(1));
});

test.each([
  'MSGGET\n',
  'PROXIMA\n',
  'P',
  'PROXY\n',
  ' PROXY TCP4',
  '\r\n\r\nMSGGET',
  'proxy UNKNOWN\r\n',
])('%j passes, whole and byte by byte', (bytes) => {
  expect(passed([bytes])).toBe(1);
  expect(passed(bytes)).toBe(bytes.length);
});

test('a browser that began with a PROXY header is stopped for good', () => {
  const header = new ForgedHeader();
  const isIn = (bytes: string) => header.isIn(Buffer.from(bytes, 'latin1'));
  expect([V1, V1, 'MSGGET\n', V2].map(isIn)).toEqual([true, true, true, true]);
});

test('a PROXY header anywhere but at the beginning passes', () => {
  expect(passed(['x', V1])).toBe(2);
  expect(passed([`MSGGET\n${V1}`])).toBe(1);
});
