import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findLocalTime, type LocalTime } from './localTime.pure.ts';

const once = (time: string): LocalTime => ({ is: 'once', timeMs: Date.parse(time) });
const twice = (...times: string[]): LocalTime => ({ is: 'twice', timesMs: times.map(Date.parse) });

test.each<[rule: string, local: string, zone: string, found: LocalTime]>([
  ['is ahead of UTC in Berlin', '2026-11-27T18:00', 'Europe/Berlin', once('2026-11-27T17:00Z')],
  ['is behind UTC in New York', '2026-11-27T18:00', 'America/New_York', once('2026-11-27T23:00Z')],
  ['may have seconds', '2026-11-27T18:00:30', 'UTC', once('2026-11-27T18:00:30Z')],
  ['is one in summer', '2026-07-01T00:00', 'Europe/Berlin', once('2026-06-30T22:00Z')],
  ['is the last before a gap', '2027-03-28T01:59', 'Europe/Berlin', once('2027-03-28T00:59Z')],
  ['is skipped from 02:00', '2027-03-28T02:00', 'Europe/Berlin', { is: 'skipped' }],
  ['is skipped until 02:59', '2027-03-28T02:59', 'Europe/Berlin', { is: 'skipped' }],
  ['is the first after a gap', '2027-03-28T03:00', 'Europe/Berlin', once('2027-03-28T01:00Z')],
  ['is the last before it repeats', '2026-10-25T01:59', 'Europe/Berlin', once('2026-10-24T23:59Z')],
  [
    'comes twice from 02:00',
    '2026-10-25T02:00',
    'Europe/Berlin',
    twice('2026-10-25T00:00Z', '2026-10-25T01:00Z'),
  ],
  [
    'comes twice until 02:59',
    '2026-10-25T02:59',
    'Europe/Berlin',
    twice('2026-10-25T00:59Z', '2026-10-25T01:59Z'),
  ],
  ['is the first after that', '2026-10-25T03:00', 'Europe/Berlin', once('2026-10-25T02:00Z')],
  // Half an hour forward, at 02:00 (tz database, australasia).
  ['is skipped on Lord Howe Island', '2026-10-04T02:29', 'Australia/Lord_Howe', { is: 'skipped' }],
  [
    'is one again on Lord Howe Island',
    '2026-10-04T02:30',
    'Australia/Lord_Howe',
    once('2026-10-03T15:30Z'),
  ],
  // A whole day was skipped, when the date line moved (tz database, australasia).
  ['may be skipped for a day', '2011-12-30T12:00', 'Pacific/Apia', { is: 'skipped' }],
  ['is no day of February', '2026-02-30T12:00', 'Europe/Berlin', { is: 'invalid' }],
  ['has no hour 24', '2026-11-27T24:00', 'Europe/Berlin', { is: 'invalid' }],
  ['has no zone of its own', '2026-11-27T18:00Z', 'Europe/Berlin', { is: 'invalid' }],
  ['is not empty', '', 'Europe/Berlin', { is: 'invalid' }],
])('a local time %s', (_rule, local, zone, found) => {
  expect(findLocalTime(local, zone)).toEqual(found);
});

test('finds every time again that a clock shows once', () => {
  const zones = fc.constantFrom('Europe/Berlin', 'America/St_Johns', 'Asia/Kathmandu', 'UTC');
  const minute = fc.integer({ min: Date.UTC(2026, 0) / 60_000, max: Date.UTC(2036, 0) / 60_000 });
  fc.assert(
    fc.property(zones, minute, (timeZone, minutes) => {
      const timeMs = minutes * 60_000;
      // Sweden writes dates as ISO 8601 does.
      const local = new Date(timeMs).toLocaleString('sv-SE', { timeZone }).replace(' ', 'T');
      const found = findLocalTime(local, timeZone);
      if (found.is !== 'twice') expect(found).toEqual({ is: 'once', timeMs });
    }),
  );
});
