import { expect, test } from 'vitest';
import { relativeTime } from './relativeTime.pure.ts';

const NOW = Date.parse('2026-11-27T12:00:00Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

test.each([
  [-5 * MINUTE, 'just now'],
  [0, 'just now'],
  [MINUTE - 1, 'just now'],
  [MINUTE, '1 minute ago'],
  [5.9 * MINUTE, '5 minutes ago'],
  [HOUR, '1 hour ago'],
  [23.9 * HOUR, '23 hours ago'],
  [DAY, '1 day ago'],
  [6.9 * DAY, '6 days ago'],
  [7 * DAY, '1 week ago'],
  [30 * DAY, '4 weeks ago'],
  [31 * DAY, '1 month ago'],
  [364 * DAY, '11 months ago'],
  [366 * DAY, '1 year ago'],
  [731 * DAY, '2 years ago'],
])('a time %d ms ago is %s', (ageMs, text) => {
  expect(relativeTime(NOW - ageMs, NOW).text).toBe(text);
});

test.each([-MINUTE, 0, 61_001, 5 * MINUTE, 3 * HOUR + 1, 2 * DAY, 40 * DAY, 800 * DAY])(
  'the words for an age of %d ms change when their time is over, and not before',
  (ageMs) => {
    const { text, validMs } = relativeTime(NOW - ageMs, NOW);
    expect(validMs).toBeGreaterThan(0);
    expect(relativeTime(NOW - ageMs, NOW + validMs - 1).text).toBe(text);
    expect(relativeTime(NOW - ageMs, NOW + validMs).text).not.toBe(text);
  },
);
