import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type HistoryEntry, HistoryReader, type HistoryResult } from './historyReader.ts';

const NOON = '2026-11-22T12:00:00Z';
const SIX = '2026-11-27T18:00:00Z';
const EIGHT = '2026-11-27T20:00:00Z';

/** The reply to MSGINFO of a server that does not know it. */
const OLDER = '400 UNKNOWN COMMAND\n';
/** The replies of a server whose message in force has number 0, without plans. */
const CURRENT = '200 OK\n0 - / - An apple a day\n200 OK\n.\n';

function read(pieces: Iterable<string>): HistoryResult {
  const reader = new HistoryReader();
  let result = reader.receive('');
  for (const piece of pieces) result = reader.receive(piece);
  return result;
}

/** What the reader sends while it receives these lines. */
function sentFor(lines: readonly string[]): string[] {
  const reader = new HistoryReader();
  return lines.map((line) => {
    const result = reader.receive(`${line}\n`);
    return result.is === 'incomplete' ? result.send : '';
  });
}

function complete(...entries: Partial<HistoryEntry>[]): HistoryResult {
  return {
    is: 'complete',
    entries: entries.map((entry) => ({
      storedAtMs: Date.parse(NOON),
      message: '',
      isInForce: false,
      isPlanned: false,
      ...entry,
    })),
  };
}

describe.each([
  ['whole', (text: string) => [text]],
  ['character by character', (text: string) => [...text]],
])('received %s', (_how, split) => {
  test.each<[rule: string, text: string, result: HistoryResult]>([
    ['reads an empty history', `${CURRENT}200 OK\n.\n`, complete()],
    [
      'reads an entry with everything',
      `${CURRENT}200 OK\n1 ${NOON} ${SIX}/${EIGHT} Zo%C3%AB Lunch\n.\n`,
      complete({
        number: 1,
        fromMs: Date.parse(SIX),
        untilMs: Date.parse(EIGHT),
        author: 'Zoë',
        message: 'Lunch',
      }),
    ],
    [
      'knows which entry is in force, and which are planned',
      `200 OK\n2 ${NOON} /${EIGHT} - two\n200 OK\n2 /${EIGHT} two\n3 ${SIX}/ three\n.\n` +
        `200 OK\n1 ${NOON} / - one\n2 ${NOON} /${EIGHT} - two\n3 ${NOON} ${SIX}/ - three\n.\n`,
      complete(
        { number: 1, message: 'one' },
        { number: 2, message: 'two', untilMs: Date.parse(EIGHT), isInForce: true, isPlanned: true },
        { number: 3, message: 'three', fromMs: Date.parse(SIX), isPlanned: true },
      ),
    ],
    [
      'rejects a line that is not an entry',
      `${CURRENT}200 OK\nAn apple\n`,
      { is: 'rejected', reply: 'An apple' },
    ],
    [
      'rejects a line that is not a plan',
      '200 OK\n0 - / - An apple a day\n200 OK\nAn apple\n',
      { is: 'rejected', reply: 'An apple' },
    ],
    [
      'rejects a message in force that is not an entry',
      '200 OK\nAn apple\n',
      { is: 'rejected', reply: 'An apple' },
    ],
    ['is incomplete before the end', `${CURRENT}200 OK\n`, { is: 'incomplete', send: '' }],
    ['ignores everything after the end', `${CURRENT}200 OK\n.\n200 OK\n`, complete()],
    [
      'reports a reply that closes the connection',
      '421 TOO MANY CONNECTIONS\n',
      { is: 'rejected', reply: '421 TOO MANY CONNECTIONS' },
    ],
    [
      'rejects a reply of another service',
      `${NOON} \x1bc\n`,
      { is: 'rejected', reply: `${NOON} ^[c` },
    ],
    ['reads an empty history of an older server', `${OLDER}200 OK\n.\n`, complete()],
    [
      'keeps the order of an older server, oldest first',
      `${OLDER}200 OK\r\n2026-11-22T11:00:00.5Z one\r\n${NOON} two\r\n.\r\n`,
      complete(
        { storedAtMs: Date.parse('2026-11-22T11:00:00.5Z'), message: 'one' },
        { message: 'two' },
      ),
    ],
    [
      'reads a message that is a dot, and one with a line separator',
      `${OLDER}200 OK\n${NOON} .\n${NOON} a\u2028b\n.\n`,
      complete({ message: '.' }, { message: 'a\\u{2028}b' }),
    ],
    [
      'reports a server that knows neither command',
      `${OLDER}400 Bad Request\n200 OK\n`,
      { is: 'rejected', reply: '400 Bad Request' },
    ],
  ])('%s', (_rule, text, result) => {
    const received = read(split(text));
    // What it sends depends on where the chunks end.
    expect(received.is === 'incomplete' ? { ...received, send: '' } : received).toEqual(result);
  });
});

test('asks for the lists once the server has sent what is in force', () => {
  expect(sentFor(['200 OK', '0 - / - An apple a day', '200 OK'])).toEqual([
    '',
    'MSGPLANS\nMSGLIST\nQUIT\n',
    '',
  ]);
});

test('asks an older server for its history', () => {
  expect(sentFor(['400 UNKNOWN COMMAND', '200 OK'])).toEqual(['MSGHIST\nQUIT\n', '']);
});

test('rejects a line without end', () => {
  expect(read([`${CURRENT}200 OK\n`, 'x'.repeat(100_000)]).is).toBe('rejected');
});

test('keeps the newest 10,000 messages', () => {
  const lines = Array.from({ length: 10_005 }, (_, i) => `${i + 1} ${NOON} / - ${i}\n`);
  const history = read([`${CURRENT}200 OK\n`, ...lines, '.\n']);
  if (history.is !== 'complete') expect.fail(history.is);
  expect(history.entries).toHaveLength(10_000);
  expect(history.entries.at(-1)).toMatchObject({ number: 10_005, message: '10004' });
});

test('keeps no more characters of a history than the longest messages have', () => {
  // Each character is escaped to six.
  const line = `${NOON} ${'\x9b'.repeat(60_000)}\n`;
  const history = read([`${OLDER}200 OK\n`, ...Array.from({ length: 150 }, () => line), '.\n']);
  if (history.is !== 'complete') expect.fail(history.is);
  const characters = history.entries.reduce((sum, { message }) => sum + message.length, 0);
  expect(characters).toBe(113 * 6 * 60_000);
  expect(characters).toBeLessThanOrEqual(10_000 * 4096);
});

test('reads the same messages wherever the chunks end', () => {
  const word = fc.stringMatching(/^[!-~é漢👍]{1,20}$/u);
  fc.assert(
    fc.property(fc.array(word), fc.array(fc.nat({ max: 500 })), (messages, cuts) => {
      const lines = messages.map((message, i) => `${i + 1} ${NOON} / - ${message}\n`);
      const text = `${CURRENT}200 OK\n${lines.join('')}.\n`;
      const ends = [0, ...cuts.toSorted((one, other) => one - other), text.length];
      const pieces = ends.slice(1).map((end, i) => text.slice(ends[i], end));
      expect(read(pieces)).toEqual(
        complete(...messages.map((message, i) => ({ number: i + 1, message }))),
      );
    }),
  );
});
