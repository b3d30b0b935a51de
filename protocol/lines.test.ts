import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LineReader, TOO_LONG, trimLine } from './lines.ts';

type Line = string | typeof TOO_LONG;

const LIMIT = 10;
/** More than a line may hold. */
const NULS = '\0'.repeat(LIMIT * 3);

function linesOf(chunks: Iterable<string>, reader = new LineReader(LIMIT)): Line[] {
  const lines: Line[] = [];
  for (const chunk of chunks) {
    reader.push(chunk);
    for (let line = reader.next(); line !== undefined; line = reader.next()) lines.push(line);
  }
  return lines;
}

describe.each([
  ['whole', (text: string) => [text]],
  ['byte by byte', (text: string) => [...text]],
])('in input sent %s', (_how, cut) => {
  test.each<[rule: string, text: string, lines: Line[]]>([
    ['ends a line at LF', 'a\nb\n', ['a', 'b']],
    ['accepts CRLF', 'a\r\nb\r\n', ['a', 'b']],
    ['returns no line before its LF', 'a\nb', ['a']],
    ['skips blank lines', '\n\r\n \t \na\n\n', ['a']],
    ['removes white space at both ends, and keeps it inside a line', ' \t a  b\t \r\n', ['a  b']],
    ['removes NULs at both ends, and keeps them inside a line', '\0\0a\0b\0\n\0\n', ['a\0b']],
    ['finds the line in a buffer filled with NULs', 'a\n\0\0\0b\n\0\0\0', ['a', 'b']],
    ['does not count NULs at both ends', `${NULS}abc${NULS}\n${NULS}`, ['abc']],
    [
      'finds the lines in buffers longer than the limit',
      [`a\n${NULS}`, `bc\n${NULS}`, `${NULS}d${NULS}\n`].join(''),
      ['a', 'bc', 'd'],
    ],
    ['counts NULs inside a line', `a${NULS}b\nc\n`, [TOO_LONG, 'c']],
    [
      'counts all other characters before trailing NULs',
      `${'x'.repeat(LIMIT + 1)}${NULS}\n`,
      [TOO_LONG],
    ],
    ['keeps a byte order mark after a NUL', '\0\xef\xbb\xbfa\n', ['\xef\xbb\xbfa']],
    ['ends a line at CR NUL', 'a\r\0b\r\0', ['a', 'b']],
    ['ends one line at CR NUL LF', 'a\r\0\nb\n', ['a', 'b']],
    ['does not end a line at a single CR or NUL', 'a\rb\0c\n', ['a\rb\0c']],
    ['ends a line over the limit at CR NUL', `${'x'.repeat(LIMIT + 1)}\r\0a\r\0`, [TOO_LONG, 'a']],
    ['counts the CR of CR NUL, as in CRLF', `${'x'.repeat(LIMIT)}\r\0a\r\0`, [TOO_LONG, 'a']],
    ['removes a byte order mark before the first line', '\xef\xbb\xbfa\n', ['a']],
    ['skips a first line that is only a byte order mark', '\xef\xbb\xbf\r\na\n', ['a']],
    ['keeps a second byte order mark', '\xef\xbb\xbf\xef\xbb\xbfa\n', ['\xef\xbb\xbfa']],
    [
      'keeps a byte order mark in any other place',
      ' \xef\xbb\xbf\na\xef\xbb\xbf\n',
      ['\xef\xbb\xbf', 'a\xef\xbb\xbf'],
    ],
    ['keeps half a byte order mark', '\xef\xbba\n', ['\xef\xbba']],
    ['does not take the last byte of an à for white space', '\xc3\xa0\n', ['\xc3\xa0']],
    ['accepts a line of the maximum length', `${'x'.repeat(LIMIT)}\n`, ['x'.repeat(LIMIT)]],
    ['rejects a line over the limit', `${'x'.repeat(LIMIT + 1)}\na\n`, [TOO_LONG, 'a']],
    ['rejects a line over the limit before its LF', 'x'.repeat(LIMIT + 1), [TOO_LONG]],
    ['rejects a line over the limit only once', `${'x'.repeat(LIMIT * 5)}\na\n`, [TOO_LONG, 'a']],
    ['counts white space', `${' '.repeat(LIMIT + 1)}\n`, [TOO_LONG]],
  ])('%s', (_rule, text, lines) => {
    expect(linesOf(cut(text))).toEqual(lines);
  });
});

test('gives the same lines for every split into chunks', () => {
  const character = fc.constantFrom('a', 'b', ' ', '\r', '\n', '\t', '\0', '\xef', '\xbb', '\xbf');
  fc.assert(
    fc.property(fc.array(fc.string({ unit: character, maxLength: 30 })), (chunks) => {
      expect(linesOf(chunks)).toEqual(linesOf([chunks.join('')]));
    }),
    { numRuns: 2000 },
  );
});

test('discards a line that never ends', () => {
  const reader = new LineReader(LIMIT);
  const lines = linesOf(
    Array.from({ length: 1000 }, () => 'x'.repeat(10_000)),
    reader,
  );
  expect(lines).toEqual([TOO_LONG]);
  expect(reader.unfinishedLine).toBe('');
});

test.each([
  ['LF', ['a', '\n']],
  ['CR NUL', ['a\r\0']],
  ['CR NUL in two chunks', ['a\r', '\0']],
])('hasSeenLineEnd is true after %s', (_end, chunks) => {
  const reader = new LineReader(LIMIT);
  linesOf(chunks, reader);
  expect(reader.hasSeenLineEnd).toBe(true);
});

test('hasSeenLineEnd is false after a single CR or NUL', () => {
  const reader = new LineReader(LIMIT);
  linesOf(['a\r', 'b\0', '\0'], reader);
  expect(reader.hasSeenLineEnd).toBe(false);
});

test('unfinishedLine has no NULs and no byte order mark around it', () => {
  const reader = new LineReader(LIMIT);
  reader.push('\xef\xbb\xbf');
  expect(reader.unfinishedLine).toBe('');
  reader.push('a\0\0');
  expect(reader.unfinishedLine).toBe('a');
});

test.each(['', 'a'])('discards endless NULs after %j', (line) => {
  const reader = new LineReader(LIMIT);
  reader.push(line);
  for (let chunk = 0; chunk < 100; chunk++) {
    reader.push(NULS);
    expect(reader.next()).toBeUndefined();
  }
  expect(reader.unfinishedLine).toBe(line);
  expect(linesOf(['\nb\n'], reader)).toEqual([...(line === '' ? [] : [line]), 'b']);
});

test('endLine ends the unfinished line, and does not count as an LF from the peer', () => {
  const reader = new LineReader(LIMIT);
  reader.push(' MSGGET');
  expect(reader.unfinishedLine).toBe('MSGGET');
  reader.endLine();
  expect(reader.next()).toBe('MSGGET');
  expect(reader.hasSeenLineEnd).toBe(false);
});

test('endLine without input makes no line', () => {
  const reader = new LineReader(LIMIT);
  reader.endLine();
  expect(reader.next()).toBeUndefined();
});

test('trimLine keeps U+00A0, which String.trim would remove', () => {
  expect(trimLine(' \xa0a\xa0\v\f')).toBe('\xa0a\xa0');
});
