import { expect, test } from 'vitest';
import { keepLines, readHistory } from './storedHistory.ts';

/** What a browser keeps, as far as it is used here. */
function storageWith(items: Record<string, string>): Storage {
  const kept = new Map(Object.entries(items));
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
    removeItem: (key: string) => kept.delete(key),
    clear: () => kept.clear(),
    key: () => null,
    length: 0,
  };
}

test('a line that is kept is there again, for its own target only', () => {
  const storage = storageWith({});
  keepLines(storage, 'one', ['MSGGET']);
  keepLines(storage, 'one', ['QUIT', 'MSGGET']);
  expect(readHistory(storage, 'one').lines).toEqual(['MSGGET', 'QUIT', 'MSGGET']);
  expect(readHistory(storage, 'other').lines).toEqual([]);
});

test.each(['', 'no JSON', '{}', 'null', '7'])('garbage is no history: %j', (text) => {
  expect(readHistory(storageWith({ one: text }), 'one').lines).toEqual([]);
});

test('what is no line is left out', () => {
  const storage = storageWith({ one: '["a",1,null,"two\\nlines","b"]' });
  expect(readHistory(storage, 'one').lines).toEqual(['a', 'b']);
});

test('a storage that is full or blocked loses nothing else', () => {
  const blocked = storageWith({});
  blocked.getItem = blocked.setItem = () => {
    throw new Error('blocked');
  };
  keepLines(blocked, 'one', ['MSGGET']);
  expect(readHistory(blocked, 'one').lines).toEqual([]);
  expect(readHistory(undefined, 'one').lines).toEqual([]);
});
