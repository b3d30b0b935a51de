import { expect, test } from 'vitest';
import { openStore } from './openStore.ts';

test('a store holds the initial message until another is stored', async () => {
  const store = await openStore('memory:', 'first');
  expect(store?.message).toBe('first');
  await store?.store('second');
  expect(store?.message).toBe('second');
  await store?.close();
});

test.each(['', 'memory', 'redis://host'])('%j names no store', async (url) => {
  expect(await openStore(url, 'first')).toBeUndefined();
});
