import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seed } from '../../testing/random.ts';
import { scaled } from '../../testing/scale.ts';
import { History } from './history.ts';
import { inForceAt } from './inForce.ts';
import { type HistoryRecord, isEntry, type Numbered } from './record.ts';
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

test('drops a plan without an end once a later message has superseded it', () => {
  const history = historyOf(1, { ...plain('plan'), fromMs: 10 }, plain('a', 5), plain('b', 11));
  expect(messagesIn({ history })).toEqual(['b']);
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

// The clocks only advance, and a window begins after it was stored, as the server ensures.
const record = fc.record({
  kind: fc.constantFrom('message', 'message', 'plan', 'plan', 'endless', 'cancel'),
  pauseMs: fc.nat(2),
  fromMs: fc.integer({ min: 1, max: 9 }),
  lengthMs: fc.integer({ min: 1, max: 9 }),
  number: fc.integer({ min: 1, max: 20 }),
});

test('has the same message in force from now on as if it had dropped nothing', () => {
  fc.assert(
    fc.property(
      fc.array(record, { maxLength: 20 }),
      fc.integer({ min: 1, max: 6 }),
      (steps, limit) => {
        const history = new History(limit);
        const all = new Map<number, HistoryRecord>();
        let storedAtMs = 0;
        for (const { kind, pauseMs, fromMs, lengthMs, number } of steps) {
          storedAtMs += pauseMs;
          const start = storedAtMs + fromMs;
          const records: Record<string, HistoryRecord> = {
            message: { message: 'a', storedAtMs },
            plan: { message: 'b', storedAtMs, fromMs: start, untilMs: start + lengthMs },
            endless: { message: 'c', storedAtMs, fromMs: start },
            // Only of a plan: what a message superseded may have been dropped.
            cancel: { cancels: number, storedAtMs },
          };
          const next = records[kind] ?? { message: 'a', storedAtMs };
          const target = 'cancels' in next ? all.get(next.cancels) : undefined;
          const isPlan = target !== undefined && isEntry(target) && target.untilMs !== undefined;
          const step = 'cancels' in next && !isPlan ? { message: 'a', storedAtMs } : next;
          history.add(step);
          all.set(history.last, step);
          if ('cancels' in step && target !== undefined && isEntry(target)) {
            all.set(step.cancels, { ...target, canceledAtMs: storedAtMs });
          }
          for (let t = storedAtMs; t < storedAtMs + 20; t++) {
            expect(history.inForce(t).entry?.number).toBe(inForceAt(entriesOf(all), t)?.number);
          }
        }
      },
    ),
    { numRuns: scaled(1000, 20_000), seed, endOnFailure: true },
  );
});

function entriesOf(
  all: Map<number, HistoryRecord>,
): Numbered<HistoryRecord & { message: string }>[] {
  return [...all].flatMap(([number, stored]) => (isEntry(stored) ? [{ ...stored, number }] : []));
}
