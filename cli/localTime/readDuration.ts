// Reads a duration from now. Hours, minutes and seconds are exact, even if the clocks are set in
// between: `in 90 minutes`, `in 24 hours`. Days, weeks, months and years alone keep the time of day:
// `in 2 days`.
//
// The parser adds to the local clock, and knows no gap in it. So its reference is at a time at which
// no zone had any.

import { GB, type ParsedResult } from 'chrono-node/en';

/** After this time the Gregorian calendar repeats, weekdays included. No clock was set in 1626. */
const CALENDAR_CYCLE_YEARS = 400;

/** From another time than now, or a week, a month or a year as such: `fri +2h`, `next week`. */
const HAS_OTHER_REFERENCE =
  /^(?:next|this)\b|.\b(?:after|before|since)\b|\bfrom\b(?! now\b)|.\s[+-]\s*\d+\s*[a-z]/i;

export type Duration =
  | { is: 'exact'; elapsedMs: number }
  /** The local time at its end: `2026-11-27T18:00:00`; and an offset in minutes, if there is one. */
  | { is: 'sameTimeOfDay'; local: string; offset: number | undefined };

/** @returns `undefined` if the text is something else, or has more than a duration. */
export function readDuration(text: string, nowMs: number): Duration | undefined {
  const reference = new Date(nowMs);
  reference.setFullYear(reference.getFullYear() - CALENDAR_CYCLE_YEARS);
  const [result] = GB.parse(text, reference, { forwardDate: true });
  if (result?.text !== text || result.end || HAS_OTHER_REFERENCE.test(text)) return undefined;
  const { start } = result;
  const tags = start.tags();
  if (tags.has('result/relativeDateAndTime')) {
    return { is: 'exact', elapsedMs: clockOf(start) - clockOfDate(reference) };
  }
  if (!tags.has('result/relativeDate') || start.isCertain('hour')) return undefined;
  const end = new Date(clockOf(start));
  end.setUTCFullYear(end.getUTCFullYear() + CALENDAR_CYCLE_YEARS);
  const local = end.toISOString().slice(0, 'YYYY-MM-DDThh:mm:ss'.length);
  const offset = start.isCertain('timezoneOffset') ? start.get('timezoneOffset') : null;
  return { is: 'sameTimeOfDay', local, offset: offset ?? undefined };
}

/** What the clock shows, in milliseconds as if in UTC. */
function clockOf(start: ParsedResult['start']): number {
  const [year = 0, month = 0, ...rest] = (
    ['year', 'month', 'day', 'hour', 'minute', 'second'] as const
  ).map((name) => start.get(name) ?? 0);
  return Date.UTC(year, month - 1, ...rest);
}

function clockOfDate(date: Date): number {
  return Date.UTC(
    date.getFullYear(),
    date.getMonth(),
    date.getDate(),
    date.getHours(),
    date.getMinutes(),
    date.getSeconds(),
  );
}
