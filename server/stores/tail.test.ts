import { expect, test } from 'vitest';
import { Tail } from './tail.ts';

test('keeps the numbers of values when it drops the oldest', () => {
  const tail = new Tail<string>(2);
  expect([tail.first, tail.last]).toEqual([1, 0]);
  expect(['a', 'b', 'c'].map((value) => tail.add(value))).toEqual([undefined, undefined, 'a']);
  expect([tail.first, tail.last]).toEqual([2, 3]);
  expect([1, 2, 3, 4].map((number) => tail.at(number))).toEqual([undefined, 'b', 'c', undefined]);
});

test('can start at a later number, and continue at one', () => {
  const tail = new Tail<string>(2, 41);
  expect([tail.first, tail.last]).toEqual([41, 40]);
  tail.add('a');
  expect(tail.at(41)).toBe('a');
  expect(tail.restartAt(50)).toEqual(['a']);
  tail.add('b');
  expect([tail.first, tail.at(50)]).toEqual([50, 'b']);
});

test('replaces a value', () => {
  const tail = new Tail<string>(2);
  for (const value of ['a', 'b', 'c']) tail.add(value);
  tail.replace(2, 'B');
  expect([tail.at(2), tail.at(3)]).toEqual(['B', 'c']);
});
