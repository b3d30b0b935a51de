import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { dropStaleMessages } from './dropStaleMessages.ts';

const CATCH_UP_MS = 1000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** What a server says next; what somebody is told of it who knew a message before. */
function watched(known: string | undefined, catchUpMs = CATCH_UP_MS) {
  const said: string[] = [];
  const told: string[] = [];
  let wake = () => {};
  let lose: (error: Error) => void = () => {};
  const lost = new Promise<never>((_, reject) => {
    lose = reject;
  });
  async function* messages(): AsyncGenerator<string, never> {
    for (;;) {
      const message = said.shift();
      if (message !== undefined) yield message;
      else {
        const isThere = new Promise<void>((resolve) => {
          wake = resolve;
        });
        await Promise.race([isThere, lost]);
      }
    }
  }
  const ended = (async () => {
    for await (const message of dropStaleMessages(known, messages(), catchUpMs)) told.push(message);
  })().catch((error: Error) => error.message);
  return {
    ended,
    lose,
    /** @returns All that was told so far. */
    async says(...lines: string[]): Promise<string[]> {
      said.push(...lines);
      wake();
      await vi.advanceTimersByTimeAsync(0);
      return told;
    },
    async after(ms: number): Promise<string[]> {
      await vi.advanceTimersByTimeAsync(ms);
      return told;
    },
  };
}

test('to somebody who knows nothing all is news, at once', async () => {
  expect(await watched(undefined).says('a', 'b', 'b')).toEqual(['a', 'b', 'b']);
});

test('what is known already is no news; all after it is', async () => {
  const server = watched('a');
  expect(await server.says('a')).toEqual([]);
  expect(await server.says('b', 'a')).toEqual(['b', 'a']);
});

test('a server that is behind tells nothing until it has caught up', async () => {
  const server = watched('c');
  expect(await server.says('a')).toEqual([]);
  expect(await server.says('b', 'c')).toEqual([]);
  expect(await server.after(CATCH_UP_MS)).toEqual([]);
  expect(await server.says('d')).toEqual(['d']);
});

test('one that has caught up is not held back any more', async () => {
  expect(await watched('b').says('a', 'b', 'c', 'd')).toEqual(['c', 'd']);
});

test('one that is ahead is believed after a moment, and tells all', async () => {
  const server = watched('a');
  expect(await server.says('b')).toEqual([]);
  expect(await server.says('c')).toEqual([]);
  expect(await server.after(CATCH_UP_MS - 1)).toEqual([]);
  expect(await server.after(1)).toEqual(['b', 'c']);
  expect(await server.says('d')).toEqual(['b', 'c', 'd']);
});

test('holds the newest 256 messages of a flood', async () => {
  const flood = Array.from({ length: 1000 }, (_, index) => String(index));
  const server = watched('a');
  expect(await server.says(...flood)).toEqual([]);
  expect(await server.after(CATCH_UP_MS)).toEqual(flood.slice(-256));
});

test('where none can be behind, nothing is held back', async () => {
  expect(await watched('a', 0).says('b', 'a')).toEqual(['b', 'a']);
  expect(await watched('a', 0).says('a', 'b')).toEqual(['b']);
});

for (const [when, lines] of [
  ['while it is held back', ['b']],
  ['after that', ['a', 'b']],
] as const) {
  test(`a server that is lost ${when} is told as lost`, async () => {
    const server = watched('a');
    await server.says(...lines);
    server.lose(new Error('lost'));
    await server.after(0);
    expect(await server.ended).toBe('lost');
  });
}
