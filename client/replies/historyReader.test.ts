import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HistoryReader, type HistoryResult } from './historyReader.ts';

const NOON = '2026-11-22T12:00:00Z';

function read(pieces: Iterable<string>): HistoryResult {
  const reading = new HistoryReader();
  let history = reading.received('');
  for (const piece of pieces) history = reading.received(piece);
  return history;
}

describe.each([
  ['whole', (text: string) => [text]],
  ['byte by byte', (text: string) => [...text]],
])('told %s', (_how, cut) => {
  test.each<[rule: string, said: string, history: HistoryResult]>([
    ['nothing was stored yet', '200 OK\n.\n', { is: 'complete', messages: [] }],
    [
      'a message has its time',
      `200 OK\n${NOON} An apple a day\n.\n`,
      { is: 'complete', messages: [{ time: NOON, message: 'An apple a day' }] },
    ],
    [
      'the order stays, the oldest first',
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
      'a message may be a dot, and hold line ends that are none of ours',
      `200 OK\n${NOON} .\n${NOON} a\u2028b\n.\n`,
      {
        is: 'complete',
        messages: [
          { time: NOON, message: '.' },
          { time: NOON, message: 'a\\u{2028}b' },
        ],
      },
    ],
    ['before its end it is not complete', `200 OK\n${NOON} one\n`, { is: 'incomplete' }],
    [
      'what comes after its end is none of it',
      '200 OK\n.\n200 OK\n',
      { is: 'complete', messages: [] },
    ],
    [
      'an older server',
      '400 UNKNOWN COMMAND\n200 OK\n',
      { is: 'refused', reply: '400 UNKNOWN COMMAND' },
    ],
    ['another service', `${NOON} \x1bc\n`, { is: 'refused', reply: `${NOON} ^[c` }],
    ['no history', '200 OK\nAn apple\n', { is: 'refused', reply: 'An apple' }],
  ])('%s', (_rule, said, history) => {
    expect(read(cut(said))).toEqual(history);
  });
});

test('a line that never ends is refused, and not kept', () => {
  expect(read(['200 OK\n', 'x'.repeat(100_000)]).is).toBe('refused');
});

test('of a history without end the newest are kept', () => {
  const lines = Array.from({ length: 10_005 }, (_, i) => `${NOON} ${i}\n`);
  const history = read(['200 OK\n', ...lines, '.\n']);
  expect(history).toMatchObject({ is: 'complete' });
  if (history.is !== 'complete') return;
  expect(history.messages).toHaveLength(10_000);
  expect(history.messages.at(-1)).toEqual({ time: NOON, message: '10004' });
});

test('keeps no more characters of a history than the longest messages have', () => {
  // Each is shown as six characters.
  const line = `${NOON} ${'\x9b'.repeat(60_000)}\n`;
  const history = read(['200 OK\n', ...Array.from({ length: 150 }, () => line), '.\n']);
  if (history.is !== 'complete') expect.fail(history.is);
  const characters = history.messages.reduce((sum, { message }) => sum + message.length, 0);
  expect(characters).toBe(113 * 6 * 60_000);
  expect(characters).toBeLessThanOrEqual(10_000 * 4096);
});

test('every message is read back, wherever it is cut', () => {
  const word = fc.stringMatching(/^[!-~é漢👍]{1,20}$/u);
  fc.assert(
    fc.property(fc.array(word), fc.array(fc.nat({ max: 500 })), (messages, cuts) => {
      const said = `200 OK\n${messages.map((message) => `${NOON} ${message}\n`).join('')}.\n`;
      const ends = [0, ...cuts.toSorted((one, other) => one - other), said.length];
      const pieces = ends.slice(1).map((end, i) => said.slice(ends[i], end));
      expect(read(pieces)).toEqual({
        is: 'complete',
        messages: messages.map((message) => ({ time: NOON, message })),
      });
    }),
  );
});
