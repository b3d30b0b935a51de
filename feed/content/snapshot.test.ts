import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type FeedEntry, inForceSince, nextStart, startedBy } from './snapshot.pure.ts';

const initial: FeedEntry = { number: 0, message: 'apple' };
const stored = (number: number, storedAtMs: number, window: Partial<FeedEntry> = {}) => ({
  number,
  storedAtMs,
  message: `message ${number}`,
  ...window,
});

describe('startedBy', () => {
  test.each<[rule: string, entry: FeedEntry, isStarted: boolean]>([
    ['includes an entry without a window', stored(1, 10), true],
    ['includes an entry whose window is over', stored(1, 10, { fromMs: 11, untilMs: 12 }), true],
    ['leaves out an entry that is to come', stored(1, 10, { fromMs: 21 }), false],
    [
      'leaves out an entry canceled before it began',
      stored(1, 10, { fromMs: 15, untilMs: 12 }),
      false,
    ],
    ['starts an entry no sooner than it was stored', stored(1, 21, { fromMs: 5 }), false],
  ])('%s', (_rule, entry, isStarted) => {
    expect(startedBy(20, [entry])).toEqual(isStarted ? [entry] : []);
  });

  test('includes a further entry at the next start, and none before', () => {
    const entries = [stored(1, 10), stored(2, 10, { fromMs: 40 }), stored(3, 10, { fromMs: 30 })];
    expect(nextStart(20, entries)).toBe(30);
    expect(startedBy(29, entries)).toHaveLength(1);
    expect(startedBy(30, entries)).toHaveLength(2);
    expect(nextStart(40, entries)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('inForceSince', () => {
  test.each<[rule: string, current: FeedEntry, others: FeedEntry[], sinceMs: number | undefined]>([
    ['is unknown for the initial message', initial, [], undefined],
    ['is the time of storing', stored(1, 10), [], 10],
    ['is the start of a window', stored(1, 10, { fromMs: 15 }), [], 15],
    ['is the end of a newer window', stored(1, 10), [stored(2, 11, { untilMs: 18 })], 18],
    [
      'is the end of a newer window over the initial message',
      initial,
      [stored(1, 5, { untilMs: 9 })],
      9,
    ],
    [
      'ignores a newer entry that is to come',
      stored(1, 10),
      [stored(2, 11, { fromMs: 30, untilMs: 40 })],
      10,
    ],
    ['ignores an older entry', stored(2, 12), [stored(1, 10, { untilMs: 15 })], 12],
    [
      'ignores a newer entry that was over before',
      stored(1, 10, { fromMs: 16 }),
      [stored(2, 11, { untilMs: 14 })],
      16,
    ],
    [
      'ignores an entry canceled before it began',
      stored(1, 10),
      [stored(2, 11, { fromMs: 30, untilMs: 14 })],
      10,
    ],
    ['is the time of storing at an older server', { storedAtMs: 10, message: 'm' }, [], 10],
  ])('%s', (_rule, current, others, sinceMs) => {
    const entries = [...others, current];
    expect(inForceSince({ current, entries }, 20)).toBe(sinceMs);
  });

  // The definition of the message in force (PROTOCOL.md): the started entry with the highest number.
  const inForceAt = (ms: number, entries: FeedEntry[]): FeedEntry =>
    startedBy(ms, entries)
      .filter(({ untilMs = Number.POSITIVE_INFINITY }) => ms < untilMs)
      .at(-1) ?? initial;

  test('is the last time at which the message in force changed', () => {
    const ms = fc.integer({ min: 1, max: 30 });
    const window = fc.record({ fromMs: ms, untilMs: ms }, { requiredKeys: [] });
    fc.assert(
      fc.property(fc.array(window, { maxLength: 6 }), (windows) => {
        const entries = windows.map((each, index) => stored(index + 1, index + 1, each));
        for (let nowMs = 1; nowMs < 31; nowMs++) {
          const current = inForceAt(nowMs, entries);
          const sinceMs = inForceSince({ current, entries }, nowMs) ?? 0;
          for (let past = sinceMs; past <= nowMs; past++)
            expect(inForceAt(past, entries)).toBe(current);
          if (sinceMs > 0) expect(inForceAt(sinceMs - 1, entries)).not.toBe(current);
        }
      }),
    );
  });
});
