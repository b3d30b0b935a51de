import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Deferred, deferred } from '../../testing/deferred.ts';
import type { ServerEndpoint } from '../connect.ts';
import { Deadline } from './deadline.ts';
import { raceServers } from './raceServers.ts';

const servers: ServerEndpoint[] = ['a', 'b', 'c'].map((host) => ({ host, port: 26310 }));

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Races servers whose answers the test controls. */
function race(ms = 10_000) {
  const deadline = new Deadline(ms);
  const answers = new Map<string, Deferred<string>>();
  const signals = new Map<string, AbortSignal>();
  const result = raceServers(
    servers,
    ({ host }, signal) => {
      const answer = deferred<string>();
      signal.addEventListener('abort', () => answer.reject(signal.reason));
      answers.set(host, answer);
      signals.set(host, signal);
      return answer.promise;
    },
    deadline,
  );
  const after = async (ms: number) => {
    await vi.advanceTimersByTimeAsync(ms);
    return [...answers.keys()].join('');
  };
  const isAborted = (host: string) => signals.get(host)?.aborted;
  return { deadline, answers, isAborted, result, after };
}

test('asks no other server if the first one answers immediately', async () => {
  const { answers, result, after } = race();
  expect(await after(0)).toBe('a');
  answers.get('a')?.resolve('hello');
  expect(await result).toEqual({ first: { server: servers[0], answer: 'hello' }, failures: [] });
  expect(await after(10_000)).toBe('a');
});

test('asks the next server immediately when one fails', async () => {
  const { answers, result, after } = race();
  answers.get('a')?.reject('gone');
  expect(await after(0)).toBe('ab');
  answers.get('b')?.resolve('hello');
  const { first, failures } = await result;
  expect(first?.server).toBe(servers[1]);
  expect(failures).toEqual([{ server: servers[0], error: 'gone', elapsedMs: 0 }]);
});

test('asks the next server after 250 ms without an answer; the first may still win', async () => {
  const { answers, isAborted, result, after } = race();
  expect(await after(249)).toBe('a');
  expect(await after(1)).toBe('ab');
  expect(await after(249)).toBe('ab');
  expect(await after(1)).toBe('abc');
  answers.get('a')?.resolve('at last');
  expect((await result).first?.answer).toBe('at last');
  expect(['a', 'b', 'c'].map(isAborted)).toEqual([false, true, true]);
});

test('asks the next server immediately when one of two fails', async () => {
  const { answers, after } = race();
  expect(await after(300)).toBe('ab');
  answers.get('a')?.reject('gone');
  expect(await after(0)).toBe('abc');
});

test('divides a short deadline among the servers', async () => {
  const { result, after } = race(300);
  expect(await after(99)).toBe('a');
  expect(await after(1)).toBe('ab');
  expect(await after(100)).toBe('abc');
  await after(100);
  const { first, failures } = await result;
  expect(first).toBeUndefined();
  expect(failures.map(({ server, elapsedMs }) => [server.host, elapsedMs])).toEqual([
    ['a', 300],
    ['b', 200],
    ['c', 100],
  ]);
});

test('reports all failures, in the order of the servers', async () => {
  const { answers, result, after } = race();
  await after(500);
  for (const host of ['b', 'c', 'a']) answers.get(host)?.reject(host);
  const { first, failures } = await result;
  expect(first).toBeUndefined();
  expect(failures.map(({ error }) => error)).toEqual(['a', 'b', 'c']);
});

test('aborts the server that answered when the deadline passes, unless it is canceled', async () => {
  const late = race(1000);
  late.answers.get('a')?.resolve('hello');
  await late.result;
  await late.after(1000);
  expect(late.isAborted('a')).toBe(true);

  const canceled = race(1000);
  canceled.answers.get('a')?.resolve('hello');
  await canceled.result;
  canceled.deadline.cancel();
  await canceled.after(1000);
  expect(canceled.isAborted('a')).toBe(false);
});

test('asks no server if the deadline has passed', async () => {
  const deadline = new Deadline(1);
  await vi.advanceTimersByTimeAsync(1);
  const ask = vi.fn();
  const { first, failures } = await raceServers(servers, ask, deadline);
  expect(ask).not.toHaveBeenCalled();
  expect(first).toBeUndefined();
  expect(failures.map(({ elapsedMs }) => elapsedMs)).toEqual(servers.map(() => undefined));
});
