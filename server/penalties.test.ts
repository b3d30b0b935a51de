import { expect, test } from 'vitest';
import { Penalties } from './penalties.ts';

const SECOND = 1000;
const HOUR = 3_600_000;

/** When, in seconds, a source that tries all the time is let try, within so many seconds. */
function triesWithin(seconds: number): number[] {
  const penalties = new Penalties();
  const all = Array.from({ length: seconds }, (_, second) => second);
  return all.filter((second) => penalties.mayTry('a', second * SECOND) !== undefined);
}

test('three may be wrong, then each costs twice as long as the one before, up to ten minutes', () => {
  const penalties = new Penalties();
  expect([1, 2, 3, 4].map(() => penalties.mayTry('a', 0))).toEqual([1, 2, 3, undefined]);
  let now = 0;
  for (const wait of [5, 10, 20, 40, 80, 160, 320, 600, 600]) {
    expect(penalties.mayTry('a', now + wait * SECOND - 1)).toBeUndefined();
    now += wait * SECOND;
    expect(penalties.mayTry('a', now)).toBeGreaterThan(0);
  }
});

test('a source that tries all the time gets few tries', () => {
  expect(triesWithin(60)).toHaveLength(6);
  expect(triesWithin(3600).length).toBeLessThan(20);
});

test('one source does not pay for another', () => {
  const penalties = new Penalties();
  for (let tries = 0; tries < 5; tries++) penalties.mayTry('a', 0);
  expect(penalties.mayTry('b', 0)).toBeGreaterThan(0);
});

test('a right password makes all good', () => {
  const penalties = new Penalties();
  for (let tries = 0; tries < 3; tries++) penalties.mayTry('a', 0);
  penalties.forgive('a');
  expect(penalties.mayTry('a', 1)).toBeGreaterThan(0);
});

test('an hour without a try makes all good', () => {
  const penalties = new Penalties();
  for (let tries = 0; tries < 3; tries++) penalties.mayTry('a', 0);
  penalties.mayTry('a', HOUR);
  expect(penalties.mayTry('a', HOUR)).toBeGreaterThan(0);
});

test('of more sources than are remembered, the one that tried longest ago is forgotten', () => {
  const penalties = new Penalties();
  for (let tries = 0; tries < 3; tries++) penalties.mayTry('first', 0);
  for (let source = 0; source < 9_999; source++) penalties.mayTry(`source ${source}`, 0);
  expect(penalties.mayTry('first', 0)).toBeUndefined();
  penalties.mayTry('one more', 0);
  expect(penalties.mayTry('first', 0)).toBeGreaterThan(0);
});
