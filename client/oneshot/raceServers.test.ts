import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Server } from '../connect.ts';
import { Deadline } from './deadline.ts';
import { raceServers } from './raceServers.ts';

const servers: Server[] = ['a', 'b', 'c'].map((host) => ({ host, port: 26310 }));

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Asks servers that do as they are told, and notes what happens to them. */
function asked(ms = 10_000) {
  const time = new Deadline(ms);
  const told = new Map<string, PromiseWithResolvers<string>>();
  const signals = new Map<string, AbortSignal>();
  const outcome = raceServers(
    servers,
    ({ host }, signal) => {
      const answer = withResolvers<string>();
      signal.addEventListener('abort', () => answer.reject(signal.reason));
      told.set(host, answer);
      signals.set(host, signal);
      return answer.promise;
    },
    time,
  );
  const after = async (ms: number) => {
    await vi.advanceTimersByTimeAsync(ms);
    return [...told.keys()].join('');
  };
  const isGivenUp = (host: string) => signals.get(host)?.aborted;
  return { time, told, isGivenUp, outcome, after };
}

interface PromiseWithResolvers<T> {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (reason: unknown) => void;
}

function withResolvers<T>(): PromiseWithResolvers<T> {
  let [resolve, reject]: [(value: T) => void, (reason: unknown) => void] = [() => {}, () => {}];
  const promise = new Promise<T>((...both) => {
    [resolve, reject] = both;
  });
  return { promise, resolve, reject };
}

test('where the first one answers at once, no other is asked', async () => {
  const { told, outcome, after } = asked();
  expect(await after(0)).toBe('a');
  told.get('a')?.resolve('hello');
  expect(await outcome).toEqual({ first: { server: servers[0], answer: 'hello' }, failures: [] });
  expect(await after(10_000)).toBe('a');
});

test('one that fails is followed by the next without a wait', async () => {
  const { told, outcome, after } = asked();
  told.get('a')?.reject('gone');
  expect(await after(0)).toBe('ab');
  told.get('b')?.resolve('hello');
  const { first, failures } = await outcome;
  expect(first?.server).toBe(servers[1]);
  expect(failures).toEqual([{ server: servers[0], error: 'gone', askedMs: 0 }]);
});

test('one that says nothing is followed by the next after 250 ms, and may still win', async () => {
  const { told, isGivenUp, outcome, after } = asked();
  expect(await after(249)).toBe('a');
  expect(await after(1)).toBe('ab');
  expect(await after(249)).toBe('ab');
  expect(await after(1)).toBe('abc');
  told.get('a')?.resolve('at last');
  expect((await outcome).first?.answer).toBe('at last');
  expect(['a', 'b', 'c'].map(isGivenUp)).toEqual([false, true, true]);
});

test('when one fails while another is asked, the next is asked at once', async () => {
  const { told, after } = asked();
  expect(await after(300)).toBe('ab');
  told.get('a')?.reject('gone');
  expect(await after(0)).toBe('abc');
});

test('where the time is short, each gets its share of it', async () => {
  const { outcome, after } = asked(300);
  expect(await after(99)).toBe('a');
  expect(await after(1)).toBe('ab');
  expect(await after(100)).toBe('abc');
  await after(100);
  const { first, failures } = await outcome;
  expect(first).toBeUndefined();
  expect(failures.map(({ server, askedMs }) => [server.host, askedMs])).toEqual([
    ['a', 300],
    ['b', 200],
    ['c', 100],
  ]);
});

test('all that failed are told, in the order they were given', async () => {
  const { told, outcome, after } = asked();
  await after(500);
  for (const host of ['b', 'c', 'a']) told.get(host)?.reject(host);
  const { first, failures } = await outcome;
  expect(first).toBeUndefined();
  expect(failures.map(({ error }) => error)).toEqual(['a', 'b', 'c']);
});

test('the time allowed goes on for the one that answered, until it is stopped', async () => {
  const late = asked(1000);
  late.told.get('a')?.resolve('hello');
  await late.outcome;
  await late.after(1000);
  expect(late.isGivenUp('a')).toBe(true);

  const stopped = asked(1000);
  stopped.told.get('a')?.resolve('hello');
  await stopped.outcome;
  stopped.time.stop();
  await stopped.after(1000);
  expect(stopped.isGivenUp('a')).toBe(false);
});

test('where no time is left, nobody is asked', async () => {
  const time = new Deadline(1);
  await vi.advanceTimersByTimeAsync(1);
  const ask = vi.fn();
  const { first, failures } = await raceServers(servers, ask, time);
  expect(ask).not.toHaveBeenCalled();
  expect(first).toBeUndefined();
  expect(failures.map(({ askedMs }) => askedMs)).toEqual(servers.map(() => undefined));
});
