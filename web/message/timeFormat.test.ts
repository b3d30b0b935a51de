import { expect, test } from 'vitest';
import { TimeFormat } from './timeFormat.pure.ts';

const TIMES = new TimeFormat('Europe/Berlin', 'en-GB');

test.each<[rule: string, from: string, until: string, shown: RegExp]>([
  ['a day', '2026-11-27T17:00Z', '2026-11-27T19:00Z', /^Fri,? 27 Nov 2026, 18:00–20:00$/],
  ['less than a minute', '2026-11-27T17:00Z', '2026-11-27T17:00:30Z', /18:00:00.*18:00:30/],
  [
    'the hour that occurs twice',
    '2026-10-25T00:45Z',
    '2026-10-25T01:15Z',
    /02:45.*CEST.*02:15.*CET/,
  ],
  ['the same time in it', '2026-10-25T00:30Z', '2026-10-25T01:30Z', /02:30.*CEST.*02:30.*CET/],
])('shows both ends of a window within %s', (_rule, from, until, shown) => {
  expect(TIMES.window({ fromMs: Date.parse(from), untilMs: Date.parse(until) })).toMatch(shown);
});
