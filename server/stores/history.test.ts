import { expect, test } from 'vitest';
import { History } from './history.ts';

test('keeps the numbers of entries when it drops the oldest', () => {
  const history = new History(2);
  expect([history.first, history.last]).toEqual([1, 0]);
  for (const message of ['a', 'b', 'c']) history.add({ message, storedAtMs: 0 });
  expect([history.first, history.last]).toEqual([2, 3]);
  expect([1, 2, 3, 4].map((number) => history.at(number)?.message)).toEqual([
    undefined,
    'b',
    'c',
    undefined,
  ]);
  expect(history.latest?.message).toBe('c');
});

test('can start at a later number', () => {
  const history = new History(2, 41);
  expect([history.first, history.last]).toEqual([41, 40]);
  history.add({ message: 'a', storedAtMs: 0 });
  expect(history.at(41)?.message).toBe('a');
});
