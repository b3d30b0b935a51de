import { expect, test } from 'vitest';
import { Penalties } from './penalties.ts';

const SECOND = 1000;
const HOUR = 3_600_000;

/** A source that is wrong whenever it may try. @returns Whether it might. */
function tries(penalties: Penalties, source: string, nowMs: number): boolean {
  if (penalties.isBarred(source, nowMs)) return false;
  penalties.punish(source, nowMs);
  return true;
}

/** How often a source that tries all the time is let try, within so many seconds. */
function triesWithin(seconds: number): number {
  const penalties = new Penalties();
  const all = Array.from({ length: seconds }, (_, second) => second);
  return all.filter((second) => tries(penalties, 'a', second * SECOND)).length;
}

test('three may be wrong, then each costs twice as long as the one before, up to ten minutes', () => {
  const penalties = new Penalties();
  expect([1, 2, 3, 4].map(() => tries(penalties, 'a', 0))).toEqual([true, true, true, false]);
  expect(penalties.wrong('a', 0)).toBe(3);
  let now = 0;
  for (const wait of [5, 10, 20, 40, 80, 160, 320, 600, 600]) {
    expect(penalties.isBarred('a', now + wait * SECOND - 1)).toBe(true);
    now += wait * SECOND;
    expect(tries(penalties, 'a', now)).toBe(true);
  }
});

test('a source that tries all the time gets few tries', () => {
  expect(triesWithin(60)).toBe(6);
  expect(triesWithin(3600)).toBeLessThan(20);
});

test('one source does not pay for another', () => {
  const penalties = new Penalties();
  for (let wrong = 0; wrong < 5; wrong++) penalties.punish('a', 0);
  expect(penalties.isBarred('b', 0)).toBe(false);
  expect(penalties.wrong('b', 0)).toBe(0);
});

test('a right password makes all good', () => {
  const penalties = new Penalties();
  for (let wrong = 0; wrong < 3; wrong++) penalties.punish('a', 0);
  penalties.forgive('a');
  expect(penalties.isBarred('a', 1)).toBe(false);
});

test('an hour without a try makes all good', () => {
  const penalties = new Penalties();
  for (let wrong = 0; wrong < 9; wrong++) penalties.punish('a', 0);
  expect(penalties.wrong('a', HOUR - 1)).toBe(9);
  expect(penalties.wrong('a', HOUR)).toBe(0);
});

test('of more sources than are remembered, the one that tried longest ago is forgotten', () => {
  const penalties = new Penalties();
  for (let wrong = 0; wrong < 3; wrong++) penalties.punish('first', 0);
  for (let source = 0; source < 9_999; source++) penalties.punish(`source ${source}`, 0);
  expect(penalties.isBarred('first', 0)).toBe(true);
  penalties.punish('one more', 0);
  expect(penalties.isBarred('first', 0)).toBe(false);
});
