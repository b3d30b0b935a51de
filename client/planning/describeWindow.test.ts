import { expect, test } from 'vitest';
import { describeWindow } from './describeWindow.pure.ts';

test.each<
  [rule: string, from: string | undefined, until: string | undefined, zone: string, text: string]
>([
  [
    'names the day once',
    '2026-11-27T17:00Z',
    '2026-11-27T19:00Z',
    'Europe/Berlin',
    'Fri 27 Nov 2026 18:00–20:00 CET',
  ],
  [
    'names both days',
    '2026-11-27T22:30Z',
    '2026-11-28T01:00Z',
    'Europe/Berlin',
    'Fri 27 Nov 2026 23:30 – Sat 28 Nov 2026 02:00 CET',
  ],
  [
    'names both zones if the clocks change in between',
    '2026-10-24T16:00Z',
    '2026-10-25T16:00Z',
    'Europe/Berlin',
    'Sat 24 Oct 2026 18:00 CEST – Sun 25 Oct 2026 17:00 CET',
  ],
  [
    'has only a start',
    '2026-09-01T22:00Z',
    undefined,
    'America/New_York',
    'from Tue 1 Sep 2026 18:00 EDT',
  ],
  [
    'has only an end',
    undefined,
    '2026-11-27T19:00:30Z',
    'UTC',
    'until Fri 27 Nov 2026 19:00:30 UTC',
  ],
  [
    'counts midnight as 00',
    undefined,
    '2026-11-27T00:00Z',
    'Europe/London',
    'until Fri 27 Nov 2026 00:00 GMT',
  ],
  [
    'shows the offset of a zone without a name',
    undefined,
    '2026-11-27T09:00Z',
    'Asia/Tokyo',
    'until Fri 27 Nov 2026 18:00 GMT+9',
  ],
])('a window %s', (_rule, from, until, zone, text) => {
  const window = {
    ...(from !== undefined && { fromMs: Date.parse(from) }),
    ...(until !== undefined && { untilMs: Date.parse(until) }),
  };
  expect(describeWindow(window, zone)).toBe(text);
});
