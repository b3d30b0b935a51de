import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { formatOffset, instantAt, instantsOf, type LocalFields } from './zonedTime.ts';

const zone = process.env['TZ'];
afterEach(() => {
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
});

function fieldsOf(timeMs: number): LocalFields {
  const time = new Date(timeMs);
  return {
    year: time.getFullYear(),
    month: time.getMonth() + 1,
    day: time.getDate(),
    hour: time.getHours(),
    minute: time.getMinutes(),
    second: time.getSeconds(),
  };
}

test.each(['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu'])(
  'finds every instant of a local time in %s, and no other',
  (name) => {
    process.env['TZ'] = name;
    const seconds = fc.integer({
      min: Date.UTC(2026, 0) / 1000,
      max: Date.UTC(2037, 0) / 1000,
    });
    fc.assert(
      fc.property(seconds, (second) => {
        const instants = instantsOf(fieldsOf(second * 1000));
        expect(instants).toContain(second * 1000);
        expect(instants).toEqual(instants.toSorted());
        for (const instant of instants) {
          expect(fieldsOf(instant)).toEqual(fieldsOf(second * 1000));
        }
      }),
    );
  },
);

test.each([
  ['Europe/Berlin', '2027-03-28 02:30', []],
  ['Europe/Berlin', '2027-10-31 02:30', ['2027-10-31T00:30Z', '2027-10-31T01:30Z']],
  ['Europe/Berlin', '2027-10-31 03:00', ['2027-10-31T02:00Z']],
  // Set by half an hour.
  ['Australia/Lord_Howe', '2027-10-03 02:15', []],
  ['Australia/Lord_Howe', '2027-04-04 01:45', ['2027-04-03T14:45Z', '2027-04-03T15:15Z']],
  // A whole day is skipped.
  ['Pacific/Apia', '2011-12-30 12:00', []],
])('in %s, %s has the instants %j', (name, local, instants) => {
  process.env['TZ'] = name;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = local.split(/\D/).map(Number);
  const found = instantsOf({ year, month, day, hour, minute, second: 0 });
  expect(found).toEqual(instants.map((instant) => Date.parse(instant)));
});

test.each([
  [0, '+00:00'],
  [60, '+01:00'],
  [-210, '-03:30'],
  [345, '+05:45'],
])('formats an offset of %j minutes as %s', (minutes, text) => {
  expect(formatOffset(minutes)).toBe(text);
  const fields = { year: 2026, month: 11, day: 27, hour: 18, minute: 0, second: 0 };
  expect(instantAt(fields, minutes)).toBe(Date.parse(`2026-11-27T18:00${text}`));
});
