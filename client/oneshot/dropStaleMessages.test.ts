import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { deferred } from '../../testing/deferred.ts';
import { dropStaleMessages } from './dropStaleMessages.ts';

const CATCH_UP_MS = 1000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Watches a server whose messages the test sends. */
function watch(lastShown: string | undefined, catchUpMs = CATCH_UP_MS) {
  const queue: string[] = [];
  const shown: string[] = [];
  let wake = () => {};
  const lost = deferred<never>();
  async function* messages(): AsyncGenerator<string, never> {
    for (;;) {
      const message = queue.shift();
      if (message !== undefined) yield message;
      else {
        const isThere = new Promise<void>((resolve) => {
          wake = resolve;
        });
        await Promise.race([isThere, lost.promise]);
      }
    }
  }
  const watched = { messages: messages(), isSame: Object.is };
  const ended = (async () => {
    for await (const message of dropStaleMessages(lastShown, watched, catchUpMs)) {
      shown.push(message);
    }
  })().catch((error: Error) => error.message);
  return {
    ended,
    lose: lost.reject,
    /** @returns Everything shown so far. */
    async send(...lines: string[]): Promise<string[]> {
      queue.push(...lines);
      wake();
      await vi.advanceTimersByTimeAsync(0);
      return shown;
    },
    async after(ms: number): Promise<string[]> {
      await vi.advanceTimersByTimeAsync(ms);
      return shown;
    },
  };
}

test('yields everything immediately if nothing was shown', async () => {
  expect(await watch(undefined).send('a', 'b', 'b')).toEqual(['a', 'b', 'b']);
});

test('drops the message shown last, and yields all after it', async () => {
  const server = watch('a');
  expect(await server.send('a')).toEqual([]);
  expect(await server.send('b', 'a')).toEqual(['b', 'a']);
});

test('yields nothing of a server that is behind until it has caught up', async () => {
  const server = watch('c');
  expect(await server.send('a')).toEqual([]);
  expect(await server.send('b', 'c')).toEqual([]);
  expect(await server.after(CATCH_UP_MS)).toEqual([]);
  expect(await server.send('d')).toEqual(['d']);
});

test('buffers nothing after the server has caught up', async () => {
  expect(await watch('b').send('a', 'b', 'c', 'd')).toEqual(['c', 'd']);
});

test('yields everything of a server that is ahead, after the time to catch up', async () => {
  const server = watch('a');
  expect(await server.send('b')).toEqual([]);
  expect(await server.send('c')).toEqual([]);
  expect(await server.after(CATCH_UP_MS - 1)).toEqual([]);
  expect(await server.after(1)).toEqual(['b', 'c']);
  expect(await server.send('d')).toEqual(['b', 'c', 'd']);
});

test('keeps the newest 256 messages of a flood', async () => {
  const flood = Array.from({ length: 1000 }, (_, index) => String(index));
  const server = watch('a');
  expect(await server.send(...flood)).toEqual([]);
  expect(await server.after(CATCH_UP_MS)).toEqual(flood.slice(-256));
});

test('buffers nothing if the server cannot be behind', async () => {
  expect(await watch('a', 0).send('b', 'a')).toEqual(['b', 'a']);
  expect(await watch('a', 0).send('a', 'b')).toEqual(['b']);
});

for (const [when, lines] of [
  ['while messages are buffered', ['b']],
  ['after that', ['a', 'b']],
] as const) {
  test(`reports a lost connection ${when}`, async () => {
    const server = watch('a');
    await server.send(...lines);
    server.lose(new Error('lost'));
    await server.after(0);
    expect(await server.ended).toBe('lost');
  });
}
