// The message in force, by a clock that is passed in. The timers are fake as well: they stand still
// while the machine sleeps.

import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { MessageInForce } from './messageInForce.ts';
import { openMemoryStore } from './stores/memory.ts';
import type { HistoryRecord } from './stores/record.ts';

const HOUR_MS = 3_600_000;
const NOON = Date.UTC(2026, 10, 27, 12);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate'] });
  onTestFinished(() => void vi.useRealTimers());
});

function setUp(...records: HistoryRecord[]) {
  const store = openMemoryStore({ historyLimit: 1000 });
  for (const record of records) void store.append(record);
  let now = NOON;
  const changes: string[] = [];
  const logged: string[] = [];
  const inForce = new MessageInForce({
    store,
    initialMessage: 'initial',
    now: () => now,
    onClockChange: (message) => logged.push(message),
  });
  onTestFinished(() => inForce.stop());
  let announced = inForce.changes.last;
  inForce.onChange(() => {
    while (announced < inForce.changes.last) changes.push(inForce.changes.at(++announced) ?? '');
  });
  return {
    inForce,
    store,
    /** What was announced. */
    changes,
    logged,
    /** The clock is set, or the machine slept: no timer runs meanwhile. */
    setClock: (hours: number) => {
      now = NOON + hours * HOUR_MS;
    },
    /** Time passes for the clock and for the timers. */
    pass: async (ms: number) => {
      for (let left = ms; left > 0; left -= 100) {
        now += Math.min(left, 100);
        await vi.advanceTimersByTimeAsync(Math.min(left, 100));
      }
    },
  };
}

function planned(message: string, fromHours: number, untilHours: number): HistoryRecord {
  const at = (hours: number) => NOON + hours * HOUR_MS;
  return { message, storedAtMs: NOON - HOUR_MS, fromMs: at(fromHours), untilMs: at(untilHours) };
}

test('is the initial message, then each message that is stored', async () => {
  const { inForce, store, changes } = setUp();
  expect([inForce.message, inForce.entry]).toEqual(['initial', undefined]);
  await store.append({ message: 'a', storedAtMs: NOON });
  expect(inForce.entry).toEqual({ message: 'a', storedAtMs: NOON, number: 1 });
  await store.append({ message: 'a', storedAtMs: NOON });
  expect(changes).toEqual(['a', 'a']);
});

test('uses no timer while nothing is planned', async () => {
  const { store } = setUp();
  await store.append({ message: 'a', storedAtMs: NOON });
  expect(vi.getTimerCount()).toBe(0);
});

test('announces the start and the end of a window when they come', async () => {
  const { inForce, changes, logged, pass } = setUp(planned('plan', 1, 2));
  await pass(HOUR_MS - 100);
  expect(changes).toEqual([]);
  await pass(100);
  expect([inForce.message, changes]).toEqual(['plan', ['plan']]);
  await pass(HOUR_MS);
  expect([inForce.message, changes]).toEqual(['initial', ['plan', 'initial']]);
  expect(logged).toEqual(changes);
});

test.each<[rule: string, record: HistoryRecord]>([
  ['a message', { message: 'a', storedAtMs: NOON + HOUR_MS }],
  ['its cancellation', { cancels: 1, storedAtMs: NOON + HOUR_MS }],
])(
  'announces a planned message also if %s is stored before the timer runs',
  async (_rule, record) => {
    const { inForce, store, changes, logged, setClock } = setUp(planned('plan', 1, 2));
    setClock(1);
    await store.append(record);
    const { message } = inForce;
    expect(changes).toEqual(['plan', message]);
    expect(logged).toEqual(['plan']);
  },
);

test('has the right message as soon as the machine wakes, and announces it within a second', async () => {
  const { inForce, changes, setClock, pass } = setUp(
    planned('one', 1, 2),
    planned('two', 2, 3),
    planned('three', 3, 9),
  );
  setClock(4);
  expect(inForce.message).toBe('three');
  await pass(900);
  expect(changes).toEqual(['three']);
});

test.each([-24, -1, 1, 24])('follows a clock that is set by %i hours', async (jump) => {
  const { inForce, setClock, changes, pass } = setUp(
    planned('yesterday', -25, -23),
    planned('before', -2, 0),
    planned('after', 0.5, 2),
    planned('tomorrow', 23, 25),
  );
  const expected = new Map([
    [-24, 'yesterday'],
    [-1, 'before'],
    [0, 'initial'],
    [1, 'after'],
    [24, 'tomorrow'],
  ]);
  expect(inForce.message).toBe('initial');
  setClock(jump);
  expect(inForce.message).toBe(expected.get(jump));
  await pass(900);
  setClock(0);
  await pass(900);
  expect(inForce.message).toBe('initial');
  expect(changes).toEqual([expected.get(jump), 'initial']);
});

test('keeps an acknowledged message in force if the clock is set back', async () => {
  const { inForce, store, setClock } = setUp();
  await store.append({ message: 'a', storedAtMs: NOON });
  setClock(-24);
  expect(inForce.message).toBe('a');
  await store.append({ message: 'b', storedAtMs: NOON - 24 * HOUR_MS });
  expect(inForce.message).toBe('b');
});

test('announces every message that was in force for a moment, once, in order', async () => {
  const { inForce, store, changes } = setUp();
  const records: HistoryRecord[] = [
    { message: 'a', storedAtMs: NOON },
    planned('later', 1, 2),
    { message: 'b', storedAtMs: NOON },
    { cancels: 3, storedAtMs: NOON },
  ];
  for (const record of records) store.history.add(record);
  expect(inForce.message).toBe('a');
  await store.append({ message: 'c', storedAtMs: NOON });
  expect(changes).toEqual(['a', 'b', 'a', 'c']);
});

test('announces the message before a canceled one', async () => {
  const { inForce, store, changes } = setUp(planned('plan', -1, 2));
  expect(inForce.message).toBe('plan');
  await store.append({ cancels: 1, storedAtMs: NOON });
  expect([inForce.message, changes]).toEqual(['initial', ['initial']]);
});

test('servers whose clocks differ compute the same change from the same entries, each in its time', () => {
  const { store } = setUp(planned('plan', 0, 1));
  const clock = (offsetMs: number) =>
    new MessageInForce({ store, initialMessage: 'initial', now: () => NOON + offsetMs });
  const servers = [-2000, 0, 2000].map(clock);
  onTestFinished(() => {
    for (const server of servers) server.stop();
  });
  expect(servers.map(({ message }) => message)).toEqual(['initial', 'plan', 'plan']);
});
