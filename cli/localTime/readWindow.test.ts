import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeWindow } from '../../client/planning/describeWindow.pure.ts';
import { readWindow } from './readWindow.ts';

const zone = process.env['TZ'];
beforeAll(() => {
  process.env['TZ'] = 'Europe/Berlin';
});
afterAll(() => {
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
});

/** Tuesday 24 November 2026, 15:30:12 in Berlin. */
const NOW = Date.UTC(2026, 10, 24, 14, 30, 12, 345);

/** What is understood, shown. */
function understood(from: string | undefined, until: string | undefined, nowMs = NOW): string {
  const flags = { ...(from !== undefined && { from }), ...(until !== undefined && { until }) };
  return describeWindow(readWindow(flags, nowMs), 'Europe/Berlin');
}

test.each<[from: string | undefined, until: string | undefined, understood: string]>([
  ['fri 18:00', '20:00', 'Fri 27 Nov 2026 18:00–20:00 CET'],
  ['Friday 6pm', '8pm', 'Fri 27 Nov 2026 18:00–20:00 CET'],
  ['tue 20:00', undefined, 'from Tue 24 Nov 2026 20:00 CET'],
  ['tue 10:00', undefined, 'from Tue 1 Dec 2026 10:00 CET'],
  ['16:00', undefined, 'from Tue 24 Nov 2026 16:00 CET'],
  ['15:00', undefined, 'from Wed 25 Nov 2026 15:00 CET'],
  ['tomorrow 8:00', 'noon', 'Wed 25 Nov 2026 08:00–12:00 CET'],
  ['27 Nov 2026 18:00', undefined, 'from Fri 27 Nov 2026 18:00 CET'],
  ['2026-11-27 18:00', undefined, 'from Fri 27 Nov 2026 18:00 CET'],
  ['27.11.2026 18:00', undefined, 'from Fri 27 Nov 2026 18:00 CET'],
  ['11/27/2026 18:00', undefined, 'from Fri 27 Nov 2026 18:00 CET'],
  ['2026/12/11 18:00', undefined, 'from Fri 11 Dec 2026 18:00 CET'],
  ['2026-12-11 18:00', undefined, 'from Fri 11 Dec 2026 18:00 CET'],
  ['27/11 18:00', undefined, 'from Fri 27 Nov 2026 18:00 CET'],
  ['12/12/2026 18:00', undefined, 'from Sat 12 Dec 2026 18:00 CET'],
  ['1 Jan 9:00', undefined, 'from Fri 1 Jan 2027 09:00 CET'],
  ['2026-11-27T18:00:30+01:00', undefined, 'from Fri 27 Nov 2026 18:00:30 CET'],
  ['2026-11-27T18:00:00Z', undefined, 'from Fri 27 Nov 2026 19:00 CET'],
  ['fri 18:00 +09:00', undefined, 'from Fri 27 Nov 2026 10:00 CET'],
  ['01:00 +09:00', undefined, 'from Tue 24 Nov 2026 17:00 CET'],
  ['now', 'in 2 hours', 'Tue 24 Nov 2026 15:30:12–17:30:12 CET'],
  [' fri 18:00 ', undefined, 'from Fri 27 Nov 2026 18:00 CET'],
  ['today 8:00', '20:00', 'Tue 24 Nov 2026 08:00–20:00 CET'],
])('understands --from %j --until %j', (from, until, shown) => {
  expect(understood(from, until)).toBe(shown);
});

describe('--until', () => {
  test.each<[from: string | undefined, until: string, understood: string]>([
    [undefined, '20:00', 'until Tue 24 Nov 2026 20:00 CET'],
    [undefined, '15:00', 'until Wed 25 Nov 2026 15:00 CET'],
    ['fri 18:00', '2:00', 'Fri 27 Nov 2026 18:00 – Sat 28 Nov 2026 02:00 CET'],
    ['fri 18:00', '18:00', 'Fri 27 Nov 2026 18:00 – Sat 28 Nov 2026 18:00 CET'],
    ['fri 18:00', 'sat 2:00', 'Fri 27 Nov 2026 18:00 – Sat 28 Nov 2026 02:00 CET'],
    ['fri 18:00', 'fri 20:00', 'Fri 27 Nov 2026 18:00–20:00 CET'],
    ['27 Nov 18:00', '27 Nov 20:00', 'Fri 27 Nov 2026 18:00–20:00 CET'],
    ['fri 18:00', 'thu 17:00', 'Fri 27 Nov 2026 18:00 – Thu 3 Dec 2026 17:00 CET'],
    ['4 Dec 2026 18:00', 'sat 2:00', 'Fri 4 Dec 2026 18:00 – Sat 5 Dec 2026 02:00 CET'],
    ['20 Dec 2027 18:00', '5 Jan 8:00', 'Mon 20 Dec 2027 18:00 – Wed 5 Jan 2028 08:00 CET'],
  ])('with --from %j, is the first %j after it', (from, until, shown) => {
    expect(understood(from, until)).toBe(shown);
  });
});

describe('when the clocks are set forward', () => {
  test('shows both names of the zone', () => {
    const shown = 'Sun 28 Mar 2027 01:00 CET – Sun 28 Mar 2027 04:00 CEST';
    expect(understood('28 Mar 2027 01:00', '4:00')).toBe(shown);
  });

  test.each([
    ['28 Mar 2027 02:30', undefined],
    ['28 Mar 2027 01:00', '02:30'],
  ])('rejects a time that does not exist: --from %j --until %j', (from, until) => {
    expect(() => understood(from, until)).toThrow(
      `${until ? '--until' : '--from'} '${until ?? from}': 2027-03-28 02:30 does not exist: ` +
        'the clocks are set forward then',
    );
  });

  test('accepts the first time after the change', () => {
    expect(understood('28 Mar 2027 03:00', undefined)).toBe('from Sun 28 Mar 2027 03:00 CEST');
  });

  test('skips a time of day that is past, even if it does not exist', () => {
    const now = Date.UTC(2027, 2, 28, 2);
    expect(understood('2:30', undefined, now)).toBe('from Mon 29 Mar 2027 02:30 CEST');
  });
});

describe('when the clocks are set back', () => {
  test.each([
    ['31 Oct 2027 02:30', undefined],
    ['31 Oct 2027 01:00', '02:30'],
  ])('rejects a time that comes twice: --from %j --until %j', (from, until) => {
    expect(() => understood(from, until)).toThrow(
      `${until ? '--until' : '--from'} '${until ?? from}': 2027-10-31 02:30 comes twice: ` +
        'the clocks are set back then; add +02:00 or +01:00',
    );
  });

  test.each([
    ['31 Oct 2027 02:30 +02:00', 'from Sun 31 Oct 2027 02:30 CEST'],
    ['31 Oct 2027 02:30 +01:00', 'from Sun 31 Oct 2027 02:30 CET'],
    ['31 Oct 2027 01:59', 'from Sun 31 Oct 2027 01:59 CEST'],
    ['31 Oct 2027 03:00', 'from Sun 31 Oct 2027 03:00 CET'],
  ])('accepts %j', (from, shown) => {
    expect(understood(from, undefined)).toBe(shown);
  });

  test('takes the second one if the first is past', () => {
    const now = Date.UTC(2027, 9, 31, 0, 45);
    expect(understood(undefined, '2:30', now)).toBe('until Sun 31 Oct 2027 02:30 CET');
  });
});

describe('relative to now', () => {
  /** What is understood of `--from` at a local time of a zone. */
  function from(zone: string, now: string, text: string): string {
    process.env['TZ'] = zone;
    try {
      return describeWindow(readWindow({ from: text }, Date.parse(now)), zone);
    } finally {
      process.env['TZ'] = 'Europe/Berlin';
    }
  }

  test.each<[zone: string, now: string, text: string, shown: string]>([
    // 01:30, half an hour before the clocks are set forward.
    ['Europe/Berlin', '2027-03-28T01:30:00+01:00', 'in 1 hour', 'Sun 28 Mar 2027 03:30 CEST'],
    ['Europe/Berlin', '2027-03-28T01:30:00+01:00', 'in 90 minutes', 'Sun 28 Mar 2027 04:00 CEST'],
    ['Europe/Berlin', '2027-03-28T01:30:00+01:00', '1 hour from now', 'Sun 28 Mar 2027 03:30 CEST'],
    ['Europe/Berlin', '2027-03-28T01:30:00+01:00', '+2h', 'Sun 28 Mar 2027 04:30 CEST'],
    ['Europe/Berlin', '2027-03-27T02:30:00+01:00', 'in 24 hours', 'Sun 28 Mar 2027 03:30 CEST'],
    [
      'Europe/Berlin',
      '2027-03-27T12:00:00+01:00',
      'in 1 day 2 hours',
      'Sun 28 Mar 2027 15:00 CEST',
    ],
    ['America/New_York', '2027-03-14T01:30:00-05:00', 'in 1 hour', 'Sun 14 Mar 2027 03:30 EDT'],
    ['America/New_York', '2027-03-14T01:30:00-05:00', 'in 90 minutes', 'Sun 14 Mar 2027 04:00 EDT'],
    // 02:30, half an hour before the clocks are set back; then half an hour after it.
    ['Europe/Berlin', '2027-10-31T02:30:00+02:00', 'in 1 hour', 'Sun 31 Oct 2027 02:30 CET'],
    ['Europe/Berlin', '2027-10-31T02:30:00+01:00', 'in 1 hour', 'Sun 31 Oct 2027 03:30 CET'],
    ['Europe/Berlin', '2027-10-30T02:30:00+02:00', 'in 24 hours', 'Sun 31 Oct 2027 02:30 CEST'],
    ['America/New_York', '2027-11-07T01:30:00-04:00', 'in 1 hour', 'Sun 7 Nov 2027 01:30 EST'],
    ['America/New_York', '2027-11-07T01:30:00-05:00', 'in 90 minutes', 'Sun 7 Nov 2027 03:00 EST'],
    // The clocks of Lord Howe Island are set by half an hour.
    ['Australia/Lord_Howe', '2027-10-03T01:45:00+10:30', 'in 1 hour', 'Sun 3 Oct 2027 03:15 LHDT'],
  ])('hours and minutes are exact: in %s at %s, %j', (zone, now, text, shown) => {
    expect(from(zone, now, text)).toBe(`from ${shown}`);
  });

  test.each<[zone: string, now: string, text: string, shown: string]>([
    ['Europe/Berlin', '2027-03-27T12:00:00+01:00', 'in 1 day', 'Sun 28 Mar 2027 12:00 CEST'],
    ['Europe/Berlin', '2027-10-30T12:00:00+02:00', 'in 2 days', 'Mon 1 Nov 2027 12:00 CET'],
    ['Europe/Berlin', '2027-10-30T12:00:00+02:00', '2 days from now', 'Mon 1 Nov 2027 12:00 CET'],
    ['Europe/Berlin', '2027-10-30T02:30:00+02:00', 'in 1 day +01:00', 'Sun 31 Oct 2027 02:30 CET'],
    ['America/New_York', '2027-03-13T12:00:00-05:00', 'in 1 week', 'Sat 20 Mar 2027 12:00 EDT'],
    ['America/New_York', '2027-11-06T12:00:00-04:00', 'in a month', 'Mon 6 Dec 2027 12:00 EST'],
    ['Europe/Berlin', '2028-02-29T12:00:00+01:00', 'in 1 year', 'Thu 1 Mar 2029 12:00 CET'],
  ])('days, weeks and months keep the time of day: in %s at %s, %j', (zone, now, text, shown) => {
    expect(from(zone, now, text)).toBe(`from ${shown}`);
  });

  test.each<[zone: string, now: string, text: string, error: string]>([
    ['Europe/Berlin', '2027-03-27T02:30:00+01:00', 'in 1 day', '2027-03-28 02:30 does not exist'],
    ['Europe/Berlin', '2027-03-27T12:00:00+01:00', 'tomorrow 2:30', '02:30 does not exist'],
    ['America/New_York', '2027-03-13T12:00:00-05:00', 'tomorrow 2:30', '02:30 does not exist'],
    ['Europe/Berlin', '2027-10-30T02:30:00+02:00', 'in 1 day', '02:30 comes twice: the clocks are'],
    ['Europe/Berlin', '2027-10-30T12:00:00+02:00', 'tomorrow 2:30', 'add +02:00 or +01:00'],
    ['America/New_York', '2027-11-06T12:00:00-04:00', 'tomorrow 1:30', 'add -04:00 or -05:00'],
    ['Europe/Berlin', '2027-03-27T12:00:00+01:00', 'next week', 'only a day was understood'],
    ['Europe/Berlin', '2027-03-27T12:00:00+01:00', 'fri +2h', 'not a time; write for example'],
    ['Europe/Berlin', '2027-03-27T12:00:00+01:00', '2 hours after noon', 'not a time; write'],
    ['Europe/Berlin', '2027-03-27T12:00:00+01:00', 'in 2 hours sharp', "only 'in 2 hours' was"],
  ])('rejects what is not exactly one time: in %s at %s, %j', (zone, now, text, error) => {
    expect(() => from(zone, now, text)).toThrow(error);
  });
});

test.each<[flags: string, from: string | undefined, until: string | undefined, error: string]>([
  ['nothing', undefined, undefined, 'the time is missing; pass --from, --until, or both'],
  ['another word', 'soon', undefined, "--from 'soon': not a time; write for example 'fri 18:00'"],
  ['an empty text', '', undefined, "--from '': not a time"],
  ['a day that does not exist', '31 Nov 10:00', undefined, "--from '31 Nov 10:00': not a time"],
  ['a month that does not exist', '2026-13-01 10:00', undefined, 'not a time to come'],
  ['the last Friday', 'last friday 10:00', undefined, 'not a time to come'],
  [
    'further words',
    'fri 18:00 sharp',
    undefined,
    "--from 'fri 18:00 sharp': only 'fri 18:00' was understood, Fri 27 Nov 2026 18:00 CET; ",
  ],
  [
    'a day alone',
    'tomorrow',
    undefined,
    "--from 'tomorrow': only a day was understood, Wed 25 Nov 2026; add the time",
  ],
  [
    'two times',
    'fri 18:00-20:00',
    undefined,
    'two times were understood; pass the end with --until',
  ],
  ['two times', undefined, 'fri 18:00-20:00', 'pass the start with --from'],
  ['a date with two readings', '11/12/2026 18:00', undefined, 'either number may be the month'],
  ['a date with two readings', '11-12-2026 18:00', undefined, 'either number may be the month'],
  ['a date with two readings', 'fri 11.12. 18:00', undefined, 'either number may be the month'],
  ['a date with two readings', '11/12 18:00', undefined, 'either number may be the month'],
  [
    'an end before the start',
    'fri 18:00',
    'tomorrow 8:00',
    '--until is not after --from: Wed 25 Nov 2026 08:00 CET, Fri 27 Nov 2026 18:00 CET',
  ],
  [
    'an end before the start on its weekday',
    'fri 18:00',
    'fri 17:00',
    '--until is not after --from: Fri 27 Nov 2026 17:00 CET, Fri 27 Nov 2026 18:00 CET; ' +
      'write the date of the end, or only its time for the first one after --from',
  ],
  [
    'an end before the start on its date',
    '27 Nov 18:00',
    '27 Nov 17:00',
    '--until is not after --from: Fri 27 Nov 2026 17:00 CET, Fri 27 Nov 2026 18:00 CET',
  ],
  [
    'an end in the past',
    undefined,
    'yesterday 9:00',
    '--until is in the past: Mon 23 Nov 2026 09:00 CET',
  ],
  ['a start in the past without an end', 'today 8:00', undefined, '--from is in the past: Tue 24'],
  ['a start too far away', '2036-11-25 8:00', undefined, '--from is over 10 years away: Tue 25'],
  ['an end too far away', 'fri 18:00', '2036-11-25 8:00', '--until is over 10 years away: Tue 25'],
])('rejects %s: --from %j --until %j', (_what, from, until, error) => {
  expect(() => understood(from, until)).toThrow(error);
});
