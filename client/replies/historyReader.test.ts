import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HistoryReader, type HistoryResult } from './historyReader.ts';

const NOON = '2026-11-22T12:00:00Z';

function read(pieces: Iterable<string>): HistoryResult {
  const reader = new HistoryReader();
  let result = reader.receive('');
  for (const piece of pieces) result = reader.receive(piece);
  return result;
}

describe.each([
  ['whole', (text: string) => [text]],
  ['byte by byte', (text: string) => [...text]],
])('received %s', (_how, split) => {
  test.each<[rule: string, text: string, result: HistoryResult]>([
    ['reads an empty history', '200 OK\n.\n', { is: 'complete', messages: [] }],
    [
      'reads a message and its time',
      `200 OK\n${NOON} An apple a day\n.\n`,
      { is: 'complete', messages: [{ time: NOON, message: 'An apple a day' }] },
    ],
    [
      'keeps the order, oldest first',
      `200 OK\r\n2026-11-22T11:00:00.5Z one\r\n${NOON} two\r\n.\r\n`,
      {
        is: 'complete',
        messages: [
          { time: '2026-11-22T11:00:00.5Z', message: 'one' },
          { time: NOON, message: 'two' },
        ],
      },
    ],
    [
      'reads a message that is a dot, and one with a line separator',
      `200 OK\n${NOON} .\n${NOON} a\u2028b\n.\n`,
      {
        is: 'complete',
        messages: [
          { time: NOON, message: '.' },
          { time: NOON, message: 'a\\u{2028}b' },
        ],
      },
    ],
    ['is incomplete before the end', `200 OK\n${NOON} one\n`, { is: 'incomplete' }],
    ['ignores everything after the end', '200 OK\n.\n200 OK\n', { is: 'complete', messages: [] }],
    [
      'reports a server that does not know the command',
      '400 UNKNOWN COMMAND\n200 OK\n',
      { is: 'rejected', reply: '400 UNKNOWN COMMAND' },
    ],
    [
      'rejects a reply of another service',
      `${NOON} \x1bc\n`,
      { is: 'rejected', reply: `${NOON} ^[c` },
    ],
    [
      'rejects a line that is not an entry',
      '200 OK\nAn apple\n',
      { is: 'rejected', reply: 'An apple' },
    ],
  ])('%s', (_rule, text, result) => {
    expect(read(split(text))).toEqual(result);
  });
});

test('rejects a line without end', () => {
  expect(read(['200 OK\n', 'x'.repeat(100_000)]).is).toBe('rejected');
});

test('keeps the newest 10,000 messages', () => {
  const lines = Array.from({ length: 10_005 }, (_, i) => `${NOON} ${i}\n`);
  const history = read(['200 OK\n', ...lines, '.\n']);
  expect(history).toMatchObject({ is: 'complete' });
  if (history.is !== 'complete') return;
  expect(history.messages).toHaveLength(10_000);
  expect(history.messages.at(-1)).toEqual({ time: NOON, message: '10004' });
});

test('keeps no more characters of a history than the longest messages have', () => {
  // Each character is escaped to six.
  const line = `${NOON} ${'\x9b'.repeat(60_000)}\n`;
  const history = read(['200 OK\n', ...Array.from({ length: 150 }, () => line), '.\n']);
  if (history.is !== 'complete') expect.fail(history.is);
  const characters = history.messages.reduce((sum, { message }) => sum + message.length, 0);
  expect(characters).toBe(113 * 6 * 60_000);
  expect(characters).toBeLessThanOrEqual(10_000 * 4096);
});

test('reads the same messages wherever the chunks end', () => {
  const word = fc.stringMatching(/^[!-~é漢👍]{1,20}$/u);
  fc.assert(
    fc.property(fc.array(word), fc.array(fc.nat({ max: 500 })), (messages, cuts) => {
      const text = `200 OK\n${messages.map((message) => `${NOON} ${message}\n`).join('')}.\n`;
      const ends = [0, ...cuts.toSorted((one, other) => one - other), text.length];
      const pieces = ends.slice(1).map((end, i) => text.slice(ends[i], end));
      expect(read(pieces)).toEqual({
        is: 'complete',
        messages: messages.map((message) => ({ time: NOON, message })),
      });
    }),
  );
});
