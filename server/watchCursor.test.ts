import { expect, test } from 'vitest';
import { memoryStore } from './server.harness.ts';
import { WatchCursor } from './watchCursor.ts';

async function watched() {
  const store = memoryStore();
  await store.store('before');
  return { store, cursor: new WatchCursor(store) };
}

test('starts up to date', async () => {
  const { cursor } = await watched();
  expect(cursor.isBehind).toBe(false);
  expect(cursor.take()).toBeUndefined();
});

test('takes each message stored since, once, in order', async () => {
  const { store, cursor } = await watched();
  await store.store('a');
  await store.store('b');
  expect(cursor.isBehind).toBe(true);
  expect([cursor.take(), cursor.take(), cursor.take()]).toEqual([2, 3, undefined]);
  expect(cursor.isBehind).toBe(false);
});

test('skips to the newest message, if there is one to send', async () => {
  const { store, cursor } = await watched();
  cursor.skipToNewest();
  expect(cursor.take()).toBeUndefined();
  for (const message of ['a', 'b', 'c']) await store.store(message);
  cursor.skipToNewest();
  expect([cursor.take(), cursor.take()]).toEqual([4, undefined]);
});
