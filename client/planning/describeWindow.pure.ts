// A window in words that no one can mistake: weekday, date, year, both times and the zone.

import type { ParsedWindow } from '../../protocol/time.ts';

/** In these locales more zones have a name, such as `CET` or `EST`, than in any single one. */
const ZONE_NAME_LOCALES = ['en-GB', 'en-US', 'en-AU'];

/** What Intl shows for a zone that has no name in a locale. */
const OFFSET = /^GMT[+-]/;

/**
 * Describes a window in the local time of a zone.
 *
 * @param timeZone An IANA name, such as `Europe/Berlin`.
 * @returns `Fri 27 Nov 2026 18:00–20:00 CET`, `from Fri …`, or `until Fri …`.
 */
export function describeWindow({ fromMs, untilMs }: ParsedWindow, timeZone: string): string {
  const from = fromMs === undefined ? undefined : partsOf(fromMs, timeZone);
  const until = untilMs === undefined ? undefined : partsOf(untilMs, timeZone);
  if (from === undefined) return until === undefined ? 'always' : `until ${inFull(until)}`;
  if (until === undefined) return `from ${inFull(from)}`;
  if (from.zone !== until.zone) return `${inFull(from)} – ${inFull(until)}`;
  if (from.day !== until.day) return `${from.day} ${from.clock} – ${inFull(until)}`;
  return `${from.day} ${from.clock}–${until.clock} ${from.zone}`;
}

/** `Fri 27 Nov 2026 18:00 CET` */
export function describeTime(timeMs: number, timeZone: string): string {
  return inFull(partsOf(timeMs, timeZone));
}

/** `Fri 27 Nov 2026` */
export function describeDay(timeMs: number, timeZone: string): string {
  return partsOf(timeMs, timeZone).day;
}

interface TimeParts {
  /** `Fri 27 Nov 2026` */
  day: string;
  /** `18:00`, with seconds only if there are any. */
  clock: string;
  /** `CET` */
  zone: string;
}

function inFull({ day, clock, zone }: TimeParts): string {
  return `${day} ${clock} ${zone}`;
}

function partsOf(timeMs: number, timeZone: string): TimeParts {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  const fields = new Map(format.formatToParts(timeMs).map(({ type, value }) => [type, value]));
  const field = (type: Intl.DateTimeFormatPartTypes) => fields.get(type) ?? '';
  const seconds = field('second') === '00' ? '' : `:${field('second')}`;
  return {
    day: `${field('weekday')} ${field('day')} ${field('month')} ${field('year')}`,
    clock: `${field('hour')}:${field('minute')}${seconds}`,
    zone: zoneName(timeMs, timeZone),
  };
}

/** `CET`; `GMT+9` if the zone has no name. */
function zoneName(timeMs: number, timeZone: string): string {
  const names = ZONE_NAME_LOCALES.map((locale) => {
    const format = new Intl.DateTimeFormat(locale, { timeZone, timeZoneName: 'short' });
    return format.formatToParts(timeMs).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  });
  return names.find((name) => !OFFSET.test(name)) ?? names[0] ?? timeZone;
}
