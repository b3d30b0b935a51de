import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seed } from '../../testing/random.ts';
import { record } from '../../testing/record.ts';
import { scaled } from '../../testing/scale.ts';
import { History } from './history.ts';
import { inForceAt } from './inForce.ts';
import { type HistoryEntry, type HistoryRecord, isEntry, type Numbered } from './record.ts';
import { messagesIn } from './store.harness.ts';

const plain = (message: string, storedAtMs = 0) => ({ message, storedAtMs });

function historyOf(limit: number, ...records: HistoryRecord[]): History {
  const history = new History(limit);
  for (const record of records) history.add(record);
  return history;
}

test('keeps the newest records, and their numbers', () => {
  const history = historyOf(2, plain('a'), plain('b'), plain('c'));
  expect([history.first, history.last]).toEqual([2, 3]);
  expect(messagesIn({ history })).toEqual(['b', 'c']);
  expect(history.entryAt(1)).toBeUndefined();
  expect(history.entryAt(3)).toEqual({ ...plain('c'), number: 3 });
});

test('can start at a later number, and skips none', () => {
  const history = new History(2);
  history.add(plain('a'), 41);
  expect([history.first, history.last]).toEqual([41, 41]);
  expect(() => history.add(plain('b'), 50)).toThrow('record 42 is missing');
});

test('keeps a message that is planned, or in force, whatever the limit', () => {
  const history = historyOf(
    1,
    { ...plain('plan'), fromMs: 10, untilMs: 20 },
    plain('a', 1),
    plain('b', 2),
    { ...plain('other plan', 3), fromMs: 10, untilMs: 15 },
  );
  expect(messagesIn({ history })).toEqual(['plan', 'b', 'other plan']);
  expect([2, 3, 12, 17, 25].map((t) => history.inForce(t).entry?.message)).toEqual([
    'b',
    'b',
    'other plan',
    'plan',
    'b',
  ]);
});

test('drops a message once its window is over, or it is canceled', () => {
  const history = historyOf(1, { ...plain('plan'), fromMs: 10, untilMs: 20 }, plain('a', 1));
  expect(history.kept.map(({ number }) => number)).toEqual([1]);
  history.add(plain('b', 20));
  expect(history.kept).toEqual([]);

  const other = historyOf(1, { ...plain('plan'), fromMs: 10, untilMs: 20 }, plain('a', 1));
  other.add({ cancels: 1, storedAtMs: 2 });
  expect(other.kept.map(({ number }) => number)).toEqual([2]);
  expect(other.inForce(15).entry?.message).toBe('a');
});

test('drops a plan without an end once another without an end has begun', () => {
  const history = historyOf(1, { ...plain('plan'), fromMs: 10 }, plain('a', 5), plain('b', 11));
  expect(messagesIn({ history })).toEqual(['plan', 'b']);
  history.add({ ...plain('other', 12), fromMs: 13 });
  history.add(plain('c', 12));
  expect(messagesIn({ history })).toEqual(['plan', 'b', 'other', 'c']);
  history.add(plain('d', 13));
  history.add(plain('e', 13));
  expect(messagesIn({ history })).toEqual(['other', 'e']);
});

test('keeps at most twice as many entries as may still be in force', () => {
  const history = new History(10);
  for (let at = 1; at <= 1000; at++) {
    history.add({ ...plain('plan', at), fromMs: at });
    expect(history.kept.length).toBeLessThanOrEqual(2);
  }
});

test('lists a plan without an end until a message supersedes it', () => {
  const history = historyOf(1, { ...plain('plan'), fromMs: 10 }, plain('a', 5));
  expect(history.planned(12).map(({ message }) => message)).toEqual(['plan']);
  history.add(plain('b', 11));
  expect(history.planned(12)).toEqual([]);
});

test('puts the message before a canceled one in force', () => {
  const history = historyOf(9, plain('a'), plain('b', 1), { cancels: 2, storedAtMs: 2 });
  expect(history.inForce(3).entry?.message).toBe('a');
  expect(history.entryAt(2)).toMatchObject({ canceledAtMs: 2 });
  history.add({ cancels: 1, storedAtMs: 4 });
  expect(history.inForce(5).entry).toBeUndefined();
});

test('ignores a cancellation of what is unknown, or of a cancellation', () => {
  const history = historyOf(9, plain('a'), { cancels: 7, storedAtMs: 1 });
  history.add({ cancels: 2, storedAtMs: 2 });
  expect(history.inForce(3).entry?.message).toBe('a');
});

test('lists what is planned: in force by a window, or still to come', () => {
  const history = historyOf(
    9,
    { ...plain('over'), untilMs: 5 },
    { ...plain('now'), fromMs: 3, untilMs: 30 },
    { ...plain('later'), fromMs: 20 },
    plain('message', 2),
    { ...plain('canceled', 4), fromMs: 20 },
    { cancels: 5, storedAtMs: 4 },
  );
  expect(history.planned(6).map(({ message }) => message)).toEqual(['now', 'later']);
});

test('yields the records after a number, without those that were dropped meanwhile', () => {
  const history = historyOf(
    3,
    { ...plain('plan'), fromMs: 99 },
    plain('a'),
    plain('b'),
    plain('c'),
  );
  const reading = history.after(0);
  expect(reading.next().value).toMatchObject({ number: 1, message: 'plan' });
  expect(reading.next().value).toMatchObject({ number: 2 });
  history.add(plain('d'));
  history.add(plain('e'));
  expect([...reading].map(({ number }) => number)).toEqual([4]);
  expect([...history.after(4)].map(({ number }) => number)).toEqual([5, 6]);
});

// The clocks go forward and back, and a window may begin before it was stored.
const step = fc.record({
  kind: fc.constantFrom('message', 'window', 'until', 'from', 'from', 'cancel'),
  passedMs: fc.oneof(fc.nat(1), fc.integer({ min: -5, max: 5 })),
  fromMs: fc.integer({ min: -3, max: 5 }),
  lengthMs: fc.integer({ min: 1, max: 9 }),
  number: fc.integer({ min: 1, max: 30 }),
});
const steps = fc.array(step, { maxLength: 30 });
const limits = fc.integer({ min: 1, max: 10 });

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** Everything that was ever stored, cancellations applied. */
class Unlimited {
  readonly records: HistoryRecord[] = [];

  add(record: HistoryRecord): void {
    this.records.push(record);
    if (isEntry(record)) return;
    const { cancels, storedAtMs } = record;
    const entry = this.records[cancels - 1];
    if (entry) this.records[cancels - 1] = { ...entry, canceledAtMs: storedAtMs };
  }

  get entries(): Numbered<HistoryEntry>[] {
    return this.records.flatMap((record, index) =>
      isEntry(record) ? [{ ...record, number: index + 1 }] : [],
    );
  }
}

function recordOf({ kind, number, ...step }: Step, storedAtMs: number): HistoryRecord {
  const fromMs = storedAtMs + step.fromMs;
  if (kind === 'cancel') return { cancels: number, storedAtMs };
  if (kind === 'window') {
    return { message: 'b', storedAtMs, fromMs, untilMs: fromMs + step.lengthMs };
  }
  if (kind === 'until') {
    return { message: 'c', storedAtMs, untilMs: storedAtMs + step.lengthMs };
  }
  if (kind === 'from') return { message: 'd', storedAtMs, fromMs };
  return { message: 'a', storedAtMs };
}

/** What an entry without an end superseded may have been dropped. */
function cancelsEndless(record: HistoryRecord, { records }: Unlimited): boolean {
  const target = isEntry(record) ? undefined : records[record.cancels - 1];
  return target !== undefined && isEntry(target) && target.untilMs === undefined;
}

/** As a store reads it: the cancellations are records of their own. */
function restarted(history: History, limit: number): History {
  const again = new History(limit);
  for (const { number, ...record } of history.kept) again.addKept(record, number);
  for (const { number, ...record } of history.after(history.first - 1)) {
    again.add(isEntry(record) ? { ...record, canceledAtMs: undefined } : record, number);
  }
  return again;
}

test('has the same message in force as if it had dropped nothing, whatever the clocks did', () => {
  let cases = 0;
  fc.assert(
    fc.property(steps, limits, (steps, limit) => {
      cases++;
      const history = new History(limit);
      const unlimited = new Unlimited();
      let nowMs = 50;
      let latestMs = 0;
      for (const step of steps) {
        nowMs += step.passedMs;
        latestMs = Math.max(latestMs, nowMs);
        const record = recordOf(step, nowMs);
        if (cancelsEndless(record, unlimited)) continue;
        history.add(record);
        unlimited.add(record);
        const { entries } = unlimited;
        // A window that was over by then may have been dropped: no earlier time.
        for (let t = latestMs; t < latestMs + 20; t++) {
          const expected = inForceAt(entries, t)?.number;
          expect(history.inForce(t).entry?.number).toBe(expected);
        }
      }
    }),
    { numRuns: scaled(500, 100_000), seed, endOnFailure: true },
  );
  record(
    'message in force',
    `${cases.toLocaleString('en')} sequences of records, with clocks that are set back, in histories ` +
      'of 1 to 10: what they dropped changed the message in force at no later time',
  );
});

test('has the same message in force if it is read again at any moment', () => {
  fc.assert(
    fc.property(steps, limits, fc.array(fc.boolean()), (steps, limit, restarts) => {
      const history = new History(limit);
      let again = new History(limit);
      let nowMs = 50;
      let latestMs = 0;
      for (const [index, step] of steps.entries()) {
        nowMs += step.passedMs;
        latestMs = Math.max(latestMs, nowMs);
        const record = recordOf(step, nowMs);
        // When exactly an older entry without an end makes others superfluous is not specified.
        const target = isEntry(record) ? undefined : history.entryAt(record.cancels);
        const isOlder = target !== undefined && target.number < history.first;
        if (isOlder && target.untilMs === undefined) continue;
        history.add(record);
        again.add(record);
        if (restarts[index]) again = restarted(again, limit);
        for (let t = latestMs; t < latestMs + 20; t++) {
          expect(again.inForce(t).entry?.number).toBe(history.inForce(t).entry?.number);
        }
      }
    }),
    { numRuns: scaled(500, 20_000), seed, endOnFailure: true },
  );
});
