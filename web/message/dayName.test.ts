import { expect, test } from 'vitest';
import { DayNames } from './dayName.pure.ts';

function name(time: string, now: string, timeZone = 'Europe/Berlin'): string {
  return new DayNames(timeZone, 'en-GB').name(Date.parse(time), Date.parse(now));
}

test.each([
  ['2026-11-27T22:59:00Z', '2026-11-27T22:59:59Z', 'Today'],
  ['2026-11-27T22:59:00Z', '2026-11-27T23:00:00Z', 'Yesterday'],
  ['2026-11-26T23:00:00Z', '2026-11-28T22:59:00Z', 'Yesterday'],
  ['2026-11-26T22:59:00Z', '2026-11-28T22:59:00Z', 'Thursday 26 November'],
  ['2026-01-01T12:00:00Z', '2026-11-28T12:00:00Z', 'Thursday 1 January'],
  ['2025-12-31T12:00:00Z', '2026-01-01T12:00:00Z', 'Yesterday'],
  ['2025-12-30T12:00:00Z', '2026-01-01T12:00:00Z', 'Tuesday 30 December 2025'],
  // The clock of the server may be ahead.
  ['2026-11-28T12:00:00Z', '2026-11-27T12:00:00Z', 'Saturday 28 November'],
])('in Berlin, %s is on %s: %s', (time, now, words) => {
  // Versions of ICU differ in the comma.
  expect(name(time, now).replace(',', '')).toBe(words);
});

test.each([
  // The year of Iran begins in March.
  ['fa-IR', '2026-03-20T12:00:00Z', true],
  ['fa-IR', '2026-03-21T12:00:00Z', false],
  // That of Thailand has other numbers.
  ['th-TH', '2025-12-31T12:00:00Z', true],
  ['th-TH', '2026-01-01T12:00:00Z', false],
])('a day has its year unless that is this one: in %s, %s: %s', (language, time, hasYear) => {
  const options = { weekday: 'long', day: 'numeric', month: 'long', timeZone: 'UTC' } as const;
  const withoutYear = new Date(time).toLocaleDateString(language, options);
  const now = Date.parse('2026-11-28T12:00:00Z');
  const shown = new DayNames('UTC', language).name(Date.parse(time), now);
  expect(shown !== withoutYear).toBe(hasYear);
});

test('a day of 25 hours is one day', () => {
  expect(name('2026-10-24T22:00:00Z', '2026-10-25T22:59:00Z')).toBe('Today');
  expect(name('2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z')).toBe('Yesterday');
});

test('the same time is on two days in two zones', () => {
  const [time, now] = ['2026-11-27T20:00:00Z', '2026-11-27T21:00:00Z'];
  expect(name('2026-11-27T10:00:00Z', now, 'Asia/Tokyo')).toBe('Yesterday');
  expect(name(time, now, 'America/New_York')).toBe('Today');
});
