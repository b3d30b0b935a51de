import { expect, test } from 'vitest';
import { loadHistory, storeLines } from './storedHistory.ts';

/** A Web Storage in memory. */
function storageWith(items: Record<string, string>): Storage {
  const stored = new Map(Object.entries(items));
  return {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => stored.set(key, value),
    removeItem: (key: string) => stored.delete(key),
    clear: () => stored.clear(),
    key: () => null,
    length: 0,
  };
}

test('loads the lines that were stored for the same target', () => {
  const storage = storageWith({});
  storeLines(storage, 'one', ['MSGGET']);
  storeLines(storage, 'one', ['QUIT', 'MSGGET']);
  expect(loadHistory(storage, 'one').lines).toEqual(['MSGGET', 'QUIT', 'MSGGET']);
  expect(loadHistory(storage, 'other').lines).toEqual([]);
});

test.each(['', 'not JSON', '{}', 'null', '7'])('loads an empty history from %j', (text) => {
  expect(loadHistory(storageWith({ one: text }), 'one').lines).toEqual([]);
});

test('skips entries that are not a line', () => {
  const storage = storageWith({ one: '["a",1,null,"two\\nlines","b"]' });
  expect(loadHistory(storage, 'one').lines).toEqual(['a', 'b']);
});

test('does not throw if the storage is full or blocked', () => {
  const blocked = storageWith({});
  blocked.getItem = blocked.setItem = () => {
    throw new Error('blocked');
  };
  storeLines(blocked, 'one', ['MSGGET']);
  expect(loadHistory(blocked, 'one').lines).toEqual([]);
  expect(loadHistory(undefined, 'one').lines).toEqual([]);
});
