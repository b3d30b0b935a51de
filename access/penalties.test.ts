import { expect, test } from 'vitest';
import { Penalties } from './penalties.ts';

const SECOND = 1000;
const HOUR = 3_600_000;

/** Sends a wrong password. @returns Whether the source was allowed to. */
function guess(penalties: Penalties, source: string, nowMs: number): boolean {
  if (penalties.isBlocked(source, nowMs)) return false;
  penalties.addStrike(source, nowMs);
  return true;
}

/** How many guesses a source gets that tries once per second. */
function guessesWithin(seconds: number): number {
  const penalties = new Penalties();
  const all = Array.from({ length: seconds }, (_, second) => second);
  return all.filter((second) => guess(penalties, 'a', second * SECOND)).length;
}

test('blocks a source after three wrong passwords, and doubles the time with each further one, up to ten minutes', () => {
  const penalties = new Penalties();
  expect([1, 2, 3, 4].map(() => guess(penalties, 'a', 0))).toEqual([true, true, true, false]);
  expect(penalties.strikes('a', 0)).toBe(3);
  let now = 0;
  for (const wait of [5, 10, 20, 40, 80, 160, 320, 600, 600]) {
    expect(penalties.isBlocked('a', now + wait * SECOND - 1)).toBe(true);
    now += wait * SECOND;
    expect(guess(penalties, 'a', now)).toBe(true);
  }
});

test('allows few guesses to a source that never stops trying', () => {
  expect(guessesWithin(60)).toBe(6);
  expect(guessesWithin(3600)).toBeLessThan(20);
});

test('blocks no other source', () => {
  const penalties = new Penalties();
  for (let wrong = 0; wrong < 5; wrong++) penalties.addStrike('a', 0);
  expect(penalties.isBlocked('b', 0)).toBe(false);
  expect(penalties.strikes('b', 0)).toBe(0);
});

test('forgets the strikes of a source after a right password', () => {
  const penalties = new Penalties();
  for (let wrong = 0; wrong < 3; wrong++) penalties.addStrike('a', 0);
  penalties.clear('a');
  expect(penalties.isBlocked('a', 1)).toBe(false);
});

test('forgets the strikes of a source after an hour without a try', () => {
  const penalties = new Penalties();
  for (let wrong = 0; wrong < 9; wrong++) penalties.addStrike('a', 0);
  expect(penalties.strikes('a', HOUR - 1)).toBe(9);
  expect(penalties.strikes('a', HOUR)).toBe(0);
});

test('forgets the source with the oldest strike when there are too many sources', () => {
  const penalties = new Penalties();
  for (let wrong = 0; wrong < 3; wrong++) penalties.addStrike('first', 0);
  for (let source = 0; source < 9_999; source++) penalties.addStrike(`source ${source}`, 0);
  expect(penalties.isBlocked('first', 0)).toBe(true);
  penalties.addStrike('one more', 0);
  expect(penalties.isBlocked('first', 0)).toBe(false);
});
