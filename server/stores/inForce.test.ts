import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seed } from '../../testing/random.ts';
import { record } from '../../testing/record.ts';
import { scaled } from '../../testing/scale.ts';
import { appliesAt, inForceAround, inForceAt } from './inForce.ts';
import type { HistoryEntry, Numbered } from './record.ts';

type Entry = Numbered<HistoryEntry>;

/** The specification: what is in force at a time, given the entries in the order of their numbers. */
function specified(entries: readonly Entry[], t: number): number | undefined {
  const applying = entries.filter(({ canceledAtMs, fromMs = -Infinity, untilMs = Infinity }) => {
    return canceledAtMs === undefined && fromMs <= t && t < untilMs;
  });
  const stored = applying.filter(({ fromMs }) => fromMs === undefined).at(-1);
  const begunSince = applying.filter(({ number, fromMs = -Infinity }) => {
    return number > (stored?.number ?? 0) || fromMs > (stored?.storedAtMs ?? -Infinity);
  });
  return (inOrderOfStart(begunSince).at(-1) ?? stored)?.number;
}

function inOrderOfStart(entries: readonly Entry[]): Entry[] {
  const start = ({ fromMs, storedAtMs }: Entry) => fromMs ?? storedAtMs;
  return entries.toSorted((a, b) => start(a) - start(b) || a.number - b.number);
}

const time = fc.integer({ min: 0, max: 12 });

const entries = fc
  .array(
    fc.record(
      {
        message: fc.constant('a'),
        storedAtMs: time,
        fromMs: time,
        untilMs: time,
        canceledAtMs: time,
      },
      { requiredKeys: ['message', 'storedAtMs'] },
    ),
    { maxLength: 8 },
  )
  .map((all) => all.map((entry, index) => ({ ...entry, number: index + 1 })));

test('is a function of the entries and the time, as specified', () => {
  let cases = 0;
  fc.assert(
    fc.property(entries, time, (all, t) => {
      cases++;
      expect(inForceAt(all, t)?.number).toBe(specified(all, t));
    }),
    { numRuns: scaled(10_000, 100_000), seed, endOnFailure: true },
  );
  record(
    'message in force',
    `${cases.toLocaleString('en')} sets of entries and times; 0 differences`,
  );
});

test('is the entry that began last, while the clock only advances', () => {
  fc.assert(
    fc.property(entries, time, (all, t) => {
      const times = all.map(({ storedAtMs }) => storedAtMs).sort((a, b) => a - b);
      const inOrder = all.map((entry, index) => {
        const storedAtMs = times[index] ?? 0;
        const { fromMs, ...rest } = entry;
        const begins = fromMs !== undefined && { fromMs: storedAtMs + 1 + fromMs };
        return { ...rest, storedAtMs, ...begins };
      });
      const applying = inOrder.filter((entry) => appliesAt(entry, t));
      expect(inForceAt(inOrder, t)?.number).toBe(inOrderOfStart(applying).at(-1)?.number);
    }),
    { numRuns: scaled(2000, 100_000), seed, endOnFailure: true },
  );
});

test('holds for every time until the next edge of a window, in both directions', () => {
  fc.assert(
    fc.property(entries, time, time, (all, t, other) => {
      const { entry, sinceMs, untilMs } = inForceAround(all, t);
      if (other < sinceMs || other >= untilMs) return;
      expect(inForceAt(all, other)?.number).toBe(entry?.number);
    }),
    { numRuns: scaled(2000, 100_000), seed, endOnFailure: true },
  );
});

const at = (hours: number) => hours * 3_600_000;

test.each<
  [rule: string, entries: Omit<Numbered<HistoryEntry>, 'message'>[], hours: number, number?: number]
>([
  ['nothing is in force without entries', [], 1],
  [
    'the newest message is',
    [
      { number: 1, storedAtMs: at(1) },
      { number: 2, storedAtMs: at(2) },
    ],
    3,
    2,
  ],
  [
    'also if the clock of its server is behind',
    [
      { number: 1, storedAtMs: at(2) },
      { number: 2, storedAtMs: at(1) },
    ],
    1,
    2,
  ],
  [
    'a planned message is not before its window',
    [
      { number: 1, storedAtMs: 0 },
      { number: 2, storedAtMs: 0, fromMs: at(2), untilMs: at(4) },
    ],
    1,
    1,
  ],
  [
    'a planned message is in its window',
    [
      { number: 1, storedAtMs: 0 },
      { number: 2, storedAtMs: 0, fromMs: at(2), untilMs: at(4) },
    ],
    2,
    2,
  ],
  [
    'at the end of a window, what was in force before it is again',
    [
      { number: 1, storedAtMs: 0 },
      { number: 2, storedAtMs: 0, fromMs: at(2), untilMs: at(4) },
    ],
    4,
    1,
  ],
  [
    'a planned message is in its window also if another was stored since it was planned',
    [
      { number: 1, storedAtMs: 0, fromMs: at(4) },
      { number: 2, storedAtMs: at(1) },
    ],
    4,
    1,
  ],
  [
    'a message that is stored during a window is in force at once, and stays',
    [
      { number: 1, storedAtMs: 0, fromMs: at(2), untilMs: at(9) },
      { number: 2, storedAtMs: at(3) },
    ],
    5,
    2,
  ],
  [
    'of two windows, the one that began last is',
    [
      { number: 1, storedAtMs: 0, fromMs: at(3), untilMs: at(9) },
      { number: 2, storedAtMs: 0, fromMs: at(2), untilMs: at(9) },
    ],
    5,
    1,
  ],
  [
    'a message stored after the clock was set back is in force over those stored before',
    [
      { number: 1, storedAtMs: 0, fromMs: at(3), untilMs: at(9) },
      { number: 2, storedAtMs: at(5) },
      { number: 3, storedAtMs: at(1) },
    ],
    2,
    3,
  ],
  [
    'and a planned message begins again when the clock comes to its start again',
    [
      { number: 1, storedAtMs: 0, fromMs: at(3), untilMs: at(9) },
      { number: 2, storedAtMs: at(5) },
      { number: 3, storedAtMs: at(1) },
    ],
    3,
    1,
  ],
  [
    'a message that was planned since is in force over what was superseded before it',
    [
      { number: 1, storedAtMs: 0, fromMs: at(3), untilMs: at(9) },
      { number: 2, storedAtMs: at(5) },
      { number: 3, storedAtMs: at(1), fromMs: at(2), untilMs: at(9) },
    ],
    4,
    3,
  ],
  [
    'a canceled message never is',
    [
      { number: 1, storedAtMs: 0 },
      { number: 2, storedAtMs: 0, canceledAtMs: at(8) },
    ],
    1,
    1,
  ],
])('%s', (_rule, all, hours, number) => {
  const entriesWithText = all.map((entry) => ({ ...entry, message: `message ${entry.number}` }));
  expect(inForceAt(entriesWithText, at(hours))?.number).toBe(number);
  expect(specified(entriesWithText, at(hours))).toBe(number);
});
