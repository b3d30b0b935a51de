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
])('fed %s', (_how, cut) => {
  test.each<[rule: string, text: string, lines: Line[]]>([
    ['a line ends in LF', 'a\nb\n', ['a', 'b']],
    ['CRLF is accepted', 'a\r\nb\r\n', ['a', 'b']],
    ['what has no LF yet is no line', 'a\nb', ['a']],
    ['blank lines are passed over', '\n\r\n \t \na\n\n', ['a']],
    ['white space at both ends is dropped, inside it is kept', ' \t a  b\t \r\n', ['a  b']],
    ['NUL is white space at both ends, inside it is kept', '\0\0a\0b\0\n\0\n', ['a\0b']],
    ['a buffer filled with NULs holds its line', 'a\n\0\0\0b\n\0\0\0', ['a', 'b']],
    ['NULs at both ends do not count', `${NULS}abc${NULS}\n${NULS}`, ['abc']],
    [
      'buffers that are longer than a line hold their lines',
      [`a\n${NULS}`, `bc\n${NULS}`, `${NULS}d${NULS}\n`].join(''),
      ['a', 'bc', 'd'],
    ],
    ['NULs inside a line count', `a${NULS}b\nc\n`, [TOO_LONG, 'c']],
    ['and so do all other characters', `${'x'.repeat(LIMIT + 1)}${NULS}\n`, [TOO_LONG]],
    ['no byte order mark stands behind a NUL', '\0\xef\xbb\xbfa\n', ['\xef\xbb\xbfa']],
    ['CR NUL ends a line', 'a\r\0b\r\0', ['a', 'b']],
    ['CR NUL LF ends one line', 'a\r\0\nb\n', ['a', 'b']],
    ['a CR or a NUL alone does not', 'a\rb\0c\n', ['a\rb\0c']],
    ['CR NUL ends a line that is too long', `${'x'.repeat(LIMIT + 1)}\r\0a\r\0`, [TOO_LONG, 'a']],
    ['CR counts towards the length, as in CRLF', `${'x'.repeat(LIMIT)}\r\0a\r\0`, [TOO_LONG, 'a']],
    ['a byte order mark before the first line is dropped', '\xef\xbb\xbfa\n', ['a']],
    ['and makes a blank line none', '\xef\xbb\xbf\r\na\n', ['a']],
    ['a second one is kept', '\xef\xbb\xbf\xef\xbb\xbfa\n', ['\xef\xbb\xbfa']],
    [
      'and so is one anywhere else',
      ' \xef\xbb\xbf\na\xef\xbb\xbf\n',
      ['\xef\xbb\xbf', 'a\xef\xbb\xbf'],
    ],
    ['half of one is kept', '\xef\xbba\n', ['\xef\xbba']],
    ['the last byte of an à is not white space', '\xc3\xa0\n', ['\xc3\xa0']],
    ['a line of the greatest length is taken', `${'x'.repeat(LIMIT)}\n`, ['x'.repeat(LIMIT)]],
    ['a longer one is not', `${'x'.repeat(LIMIT + 1)}\na\n`, [TOO_LONG, 'a']],
    ['a longer one is refused before its LF', 'x'.repeat(LIMIT + 1), [TOO_LONG]],
    ['and refused only once', `${'x'.repeat(LIMIT * 5)}\na\n`, [TOO_LONG, 'a']],
    ['white space counts towards the length', `${' '.repeat(LIMIT + 1)}\n`, [TOO_LONG]],
  ])('%s', (_rule, text, lines) => {
    expect(linesOf(cut(text))).toEqual(lines);
  });
});

test('chunk boundaries never matter', () => {
  const character = fc.constantFrom('a', 'b', ' ', '\r', '\n', '\t', '\0', '\xef', '\xbb', '\xbf');
  fc.assert(
    fc.property(fc.array(fc.string({ unit: character, maxLength: 30 })), (chunks) => {
      expect(linesOf(chunks)).toEqual(linesOf([chunks.join('')]));
    }),
    { numRuns: 2000 },
  );
});

test('a line that never ends is thrown away as it comes', () => {
  const reader = new LineReader(LIMIT);
  const lines = linesOf(
    Array.from({ length: 1000 }, () => 'x'.repeat(10_000)),
    reader,
  );
  expect(lines).toEqual([TOO_LONG]);
  expect(reader.rest).toBe('');
});

test.each([
  ['LF', ['a', '\n']],
  ['CR NUL', ['a\r\0']],
  ['CR NUL in two chunks', ['a\r', '\0']],
])('%s from the peer is seen', (_end, chunks) => {
  const reader = new LineReader(LIMIT);
  linesOf(chunks, reader);
  expect(reader.hasSeenLineEnd).toBe(true);
});

test('a CR or a NUL alone is no line end', () => {
  const reader = new LineReader(LIMIT);
  linesOf(['a\r', 'b\0', '\0'], reader);
  expect(reader.hasSeenLineEnd).toBe(false);
});

test('the rest is a line without the NULs and the byte order mark around it', () => {
  const reader = new LineReader(LIMIT);
  reader.push('\xef\xbb\xbf');
  expect(reader.rest).toBe('');
  reader.push('a\0\0');
  expect(reader.rest).toBe('a');
});

test.each(['', 'a'])('NULs without end behind %j are passed over', (line) => {
  const reader = new LineReader(LIMIT);
  reader.push(line);
  for (let chunk = 0; chunk < 100; chunk++) {
    reader.push(NULS);
    expect(reader.next()).toBeUndefined();
  }
  expect(reader.rest).toBe(line);
  expect(linesOf(['\nb\n'], reader)).toEqual([...(line === '' ? [] : [line]), 'b']);
});

test('endLine ends the line under way, and is not an LF from the peer', () => {
  const reader = new LineReader(LIMIT);
  reader.push(' MSGGET');
  expect(reader.rest).toBe('MSGGET');
  reader.endLine();
  expect(reader.next()).toBe('MSGGET');
  expect(reader.hasSeenLineEnd).toBe(false);
});

test('endLine on nothing makes no line', () => {
  const reader = new LineReader(LIMIT);
  reader.endLine();
  expect(reader.next()).toBeUndefined();
});

test('trimLine keeps what String.trim would take from a byte string', () => {
  expect(trimLine(' \xa0a\xa0\v\f')).toBe('\xa0a\xa0');
});
