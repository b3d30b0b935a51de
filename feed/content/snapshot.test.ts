import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StoredEntry } from '../../client/replies/entryLine.ts';
import { BegunEntries, inForceSince, MAX_ENTRIES } from './snapshot.pure.ts';

const initial: StoredEntry = { number: 0, message: 'apple' };
const stored = (number: number, storedAtMs: number, window: Partial<StoredEntry> = {}) => ({
  number,
  storedAtMs,
  message: `message ${number}`,
  ...window,
});

describe('BegunEntries', () => {
  const begun = (...entries: StoredEntry[]) => {
    const list = new BegunEntries(20);
    for (const entry of entries) list.add(entry);
    return list.entries.map(({ number }) => number);
  };

  test.each<[rule: string, entry: StoredEntry, isIncluded: boolean]>([
    ['includes an entry without a window', stored(1, 10), true],
    ['includes an entry whose window is over', stored(1, 10, { fromMs: 11, untilMs: 12 }), true],
    ['leaves out an entry that is to come', stored(1, 10, { fromMs: 21 }), false],
    [
      'leaves out an entry canceled before it began',
      stored(1, 10, { fromMs: 15, untilMs: 12 }),
      false,
    ],
    ['begins an entry no sooner than it was stored', stored(1, 21, { fromMs: 5 }), false],
  ])('%s', (_rule, entry, isIncluded) => {
    expect(begun(entry)).toEqual(isIncluded ? [1] : []);
  });

  test('orders by the time at which an entry began', () => {
    expect(begun(stored(1, 10), stored(2, 11, { fromMs: 18 }), stored(3, 12))).toEqual([1, 3, 2]);
  });

  test('orders what was not planned by number, as the clocks of two servers differ', () => {
    expect(begun(stored(1, 10), stored(2, 9), stored(3, 12, { fromMs: 12 }))).toEqual([1, 2, 3]);
  });

  test('keeps the entries of a longer history that began last', () => {
    const many = Array.from({ length: MAX_ENTRIES }, (_, index) => stored(index + 2, 10));
    const numbers = begun(stored(1, 5, { fromMs: 15 }), ...many);
    expect(numbers).toHaveLength(MAX_ENTRIES);
    expect([numbers[0], numbers.at(-1)]).toEqual([3, 1]);
  });
});

describe('inForceSince', () => {
  test.each<
    [rule: string, current: StoredEntry, others: StoredEntry[], sinceMs: number | undefined]
  >([
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
    [
      'is the end of a plan that was stored before',
      stored(2, 12),
      [stored(1, 10, { fromMs: 14, untilMs: 18 })],
      18,
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
    const entries = current === initial ? others : [...others, current];
    expect(inForceSince({ current, entries }, 20)).toBe(sinceMs);
  });

  // PROTOCOL.md, "Planned messages": of the entries that apply, the one that began last.
  const inForceAt = (entries: StoredEntry[], timeMs: number): StoredEntry =>
    entries
      .filter(({ storedAtMs = 0, fromMs = 0, untilMs = Number.POSITIVE_INFINITY }) =>
        [storedAtMs <= timeMs, fromMs <= timeMs, timeMs < untilMs].every(Boolean),
      )
      .reduce((chosen, entry) => {
        const begunMs = entry.fromMs ?? entry.storedAtMs ?? 0;
        return (chosen.fromMs ?? 0) <= begunMs ? entry : chosen;
      }, initial);

  test('is the last time at which the message in force changed, by the rule of the server', () => {
    const ms = fc.integer({ min: 1, max: 30 });
    const window = fc.record({ fromMs: ms, untilMs: ms }, { requiredKeys: [] });
    fc.assert(
      fc.property(fc.array(window, { maxLength: 6 }), (windows) => {
        const entries = windows.map((each, index) => stored(index + 1, index + 1, each));
        for (let nowMs = 1; nowMs < 31; nowMs++) {
          const current = inForceAt(entries, nowMs);
          const begun = new BegunEntries(nowMs);
          for (const entry of entries) begun.add(entry);
          const sinceMs = inForceSince({ current, entries: begun.entries }, nowMs) ?? 0;
          for (let past = sinceMs; past <= nowMs; past++)
            expect(inForceAt(entries, past)).toBe(current);
          if (sinceMs > 0) expect(inForceAt(entries, sinceMs - 1)).not.toBe(current);
        }
      }),
    );
  });
});
