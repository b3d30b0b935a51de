import { expect, test } from 'vitest';
import { Tail } from './tail.ts';

test('keeps the numbers of values when it drops the oldest', () => {
  const tail = new Tail<string>(2);
  expect([tail.first, tail.last]).toEqual([1, 0]);
  expect(['a', 'b', 'c'].map((value) => tail.add(value))).toEqual([undefined, undefined, 'a']);
  expect([tail.first, tail.last]).toEqual([2, 3]);
  expect([1, 2, 3, 4].map((number) => tail.at(number))).toEqual([undefined, 'b', 'c', undefined]);
});

test('starts again at a later number', () => {
  const tail = new Tail<string>(2);
  tail.add('a');
  tail.restartAt(50);
  expect([tail.first, tail.last, tail.at(1)]).toEqual([50, 49, undefined]);
  tail.add('b');
  expect([tail.first, tail.at(50)]).toEqual([50, 'b']);
});

test('replaces a value', () => {
  const tail = new Tail<string>(2);
  for (const value of ['a', 'b', 'c']) tail.add(value);
  tail.replace(2, 'B');
  expect([tail.at(2), tail.at(3)]).toEqual(['B', 'c']);
});
