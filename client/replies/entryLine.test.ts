import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type EntryDetails, readEntryLine } from './entryLine.ts';

const FIVE = Date.UTC(2026, 10, 27, 17);
const SIX = Date.UTC(2026, 10, 27, 18);
const EIGHT = Date.UTC(2026, 10, 27, 20);

test.each<[rule: string, line: string, entry: EntryDetails]>([
  ['reads the initial message', '0 - / - An apple a day', { number: 0, message: 'An apple a day' }],
  [
    'reads an entry without a window',
    '3 2026-11-27T17:00:00Z / - Hello',
    { number: 3, storedAtMs: FIVE, message: 'Hello' },
  ],
  [
    'reads milliseconds, a start and an author',
    '17 2026-11-27T17:00:00.123Z 2026-11-27T18:00:00Z/ alice Maintenance',
    { number: 17, storedAtMs: FIVE + 123, fromMs: SIX, author: 'alice', message: 'Maintenance' },
  ],
  [
    'reads an end without a start',
    '18 2026-11-27T17:00:00Z /2026-11-27T20:00:00Z - Lunch',
    { number: 18, storedAtMs: FIVE, untilMs: EIGHT, message: 'Lunch' },
  ],
  [
    'reads a start and an end',
    '19 2026-11-27T17:00:00Z 2026-11-27T18:00:00Z/2026-11-27T20:00:00Z - Lunch',
    { number: 19, storedAtMs: FIVE, fromMs: SIX, untilMs: EIGHT, message: 'Lunch' },
  ],
  [
    'decodes the author',
    '1 2026-11-27T17:00:00Z / Zo%C3%AB%20O%2FHara Hi',
    { number: 1, storedAtMs: FIVE, author: 'Zoë O/Hara', message: 'Hi' },
  ],
  [
    'keeps a message that looks like fields, and white space inside it',
    '0 - / - 1 - / -  2\t3',
    { number: 0, message: '1 - / -  2\t3' },
  ],
  [
    'escapes control characters',
    '0 - / a%1Bb c\x1bd\u2028e',
    { number: 0, author: 'a^[b', message: 'c^[d\\u{2028}e' },
  ],
])('%s', (_rule, line, entry) => {
  expect(readEntryLine(line)).toEqual(entry);
});

test.each([
  ['a reply', '400 UNKNOWN COMMAND'],
  ['the end of a list', '.'],
  ['nothing', ''],
  ['a line without a message', '0 - / -'],
  ['a line of MSGPLANS', '17 2026-11-27T18:00:00Z/2026-11-27T20:00:00Z Maintenance'],
  ['a line of MSGHIST', '2026-11-27T18:00:00Z Maintenance at night, all of it'],
  ['a number that is not whole', '1.5 - / - Hello'],
  ['a number that is not exact', '9007199254740993 - / - Hello'],
  ['a time without a zone', '1 2026-11-27T17:00:00 / - Hello'],
  ['a time that does not exist', '1 2026-13-27T17:00:00Z / - Hello'],
  ['a window of three times', '1 2026-11-27T17:00:00Z // - Hello'],
  ['an author that is not percent-encoded', '1 2026-11-27T17:00:00Z / 50% Hello'],
  ['an author that is not UTF-8', '1 2026-11-27T17:00:00Z / %FF Hello'],
])('rejects %s', (_what, line) => {
  expect(readEntryLine(line)).toBeUndefined();
});

test('reads every entry as it was written', () => {
  const timeMs = fc
    .date({ min: new Date(0), max: new Date('9999-01-01'), noInvalidDate: true })
    .map((date) => date.getTime());
  const text = fc.stringMatching(/^[\p{L}\p{N}/%-]+(?: [\p{L}\p{N}/%-]+)*$/u);
  const entry = fc.record(
    {
      number: fc.nat(),
      storedAtMs: timeMs,
      fromMs: timeMs,
      untilMs: timeMs,
      author: text.filter((author) => author !== '-'),
      message: text,
    },
    { requiredKeys: ['number', 'message'] },
  );
  fc.assert(
    fc.property(entry, (written) => {
      const { number, storedAtMs, fromMs, untilMs, author = '-', message } = written;
      const time = (ms?: number) => (ms === undefined ? '' : new Date(ms).toISOString());
      const window = `${time(fromMs)}/${time(untilMs)}`;
      const line = `${number} ${time(storedAtMs) || '-'} ${window} ${encodeURIComponent(author)} ${message}`;
      expect(readEntryLine(line)).toEqual(written);
    }),
  );
});
