import { describe, expect, test } from 'vitest';
import { ForgedHeaderDetector } from './forgedHeaderDetector.ts';

const V1 = 'PROXY TCP4 192.0.2.7 198.51.100.1 56324 26310\r\n';
const V2 = '\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c';

/** How many chunks pass before the first one that is rejected, or in total. */
function passed(chunks: Iterable<string>): number {
  const detector = new ForgedHeaderDetector();
  let count = 0;
  for (const chunk of chunks) {
    if (detector.detect(Buffer.from(chunk, 'latin1'))) return count;
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
  const detector = new ForgedHeaderDetector();
  const detect = (bytes: string) => detector.detect(Buffer.from(bytes, 'latin1'));
  expect([V1, V1, 'MSGGET\n', V2].map(detect)).toEqual([true, true, true, true]);
});

test('passes a PROXY header that is not at the beginning', () => {
  expect(passed(['x', V1])).toBe(2);
  expect(passed([`MSGGET\n${V1}`])).toBe(1);
});
