// Reads a time as people write it: `fri 18:00`, `27 Nov 2026 6pm`, `in 2 hours`, RFC 3339. What can
// be meant in two ways is rejected with an error that shows how to write it.

import { type Component, GB, type ParsedResult } from 'chrono-node/en';
import { describeDay, describeTime } from '../../client/planning/describeWindow.pure.ts';
import { findLocalTime } from '../../client/planning/localTime.pure.ts';
import { UsageError } from '../cliError.ts';
import { localZone } from './localZone.ts';
import { readDuration } from './readDuration.ts';

/** The flag whose value is read, and its value. */
export interface GivenTime {
  flag: '--from' | '--until';
  text: string;
}

/** In milliseconds since 1970. */
export interface TimeReference {
  /** What `tomorrow` and `in 2 hours` refer to. */
  nowMs: number;
  /** A time of day is the first one after this time. */
  afterMs: number;
  /** A weekday, or a date without a year, is the first one after this time. */
  dayAfterMs: number;
}

const EXAMPLES = "write for example 'fri 18:00', '27 Nov 2026 18:00' or '2026-11-27 18:00'";

/** The parser would take the next Friday for the last one. */
const REFERS_TO_PAST = /\b(?:last|past|previous)\b/i;

/** The day and the month in digits, in one order or the other, with a year after them or without. */
const NUMERIC_DATE = /(?<![\d/.-])(?<one>\d{1,2})(?:[/.]|-(?=\d{1,2}-))(?<other>\d{1,2})(?!\d)/;

/** The parser would swap the month and the day if they are not valid. */
const ISO_MONTH = /\b\d{4}-(?<month>\d\d)-\d\d\b/;

const LAST_MONTH = 12;
const MS_PER_MINUTE = 60_000;

/**
 * @returns The time, in milliseconds since 1970.
 * @throws UsageError if it is not understood, not exactly one time, or not a time of the local zone.
 */
export function readTime(given: GivenTime, { nowMs, afterMs, dayAfterMs }: TimeReference): number {
  rejectTwoMeanings(given);
  const duration = readDuration(given.text.trim(), nowMs);
  if (duration?.is === 'exact') return startOfSecond(nowMs) + duration.elapsedMs;
  if (duration?.is === 'sameTimeOfDay') {
    return onlyOf(timesOf(duration.local, duration.offset), duration.local, given);
  }
  const start = parse(given, nowMs);
  return start.isCertain('year')
    ? resolve(start, afterMs, given)
    : resolve(parse(given, dayAfterMs), afterMs, given);
}

function resolve(start: ParsedResult['start'], afterMs: number, given: GivenTime): number {
  if (!start.isCertain('hour')) {
    const day = describeDay(start.date().getTime(), localZone());
    throw invalid(given, `only a day was understood, ${day}; add the time, such as '18:00'`);
  }
  const field = (name: Component) => start.get(name) ?? 0;
  const offset = start.isCertain('timezoneOffset') ? field('timezoneOffset') : undefined;
  const clock = [field('hour'), field('minute'), field('second')].map(twoDigits).join(':');
  if (isTimeOfDay(start)) return firstAfter(afterMs, clock, offset, given);
  const day = new Date(Date.UTC(field('year'), field('month') - 1, field('day')));
  const local = localTime(day, clock);
  return onlyOf(timesOf(local, offset), local, given);
}

function isTimeOfDay(start: ParsedResult['start']): boolean {
  const components: Component[] = ['weekday', 'day', 'month', 'year'];
  return !components.some((component) => start.isCertain(component));
}

/** @returns The only time in a text, which is nothing else. */
function parse(given: GivenTime, referenceMs: number): ParsedResult['start'] {
  const text = given.text.trim();
  const [result] = GB.parse(text, new Date(referenceMs), { forwardDate: true });
  // `readDuration` has read those that are from now.
  const isOtherDuration = result?.text === text && result.tags().has('result/relativeDateAndTime');
  if (result === undefined || isOtherDuration) throw invalid(given, `not a time; ${EXAMPLES}`);
  if (result.text !== text) {
    const time = describeTime(result.start.date().getTime(), localZone());
    throw invalid(given, `only '${result.text}' was understood, ${time}; ${EXAMPLES}`);
  }
  if (result.end) {
    const other = given.flag === '--from' ? 'the end with --until' : 'the start with --from';
    throw invalid(given, `two times were understood; pass ${other}`);
  }
  return result.start;
}

function rejectTwoMeanings(given: GivenTime): void {
  const { text } = given;
  const month = ISO_MONTH.exec(text)?.groups?.['month'];
  if (REFERS_TO_PAST.test(text) || Number(month ?? 1) > LAST_MONTH) {
    throw invalid(given, `not a time to come; ${EXAMPLES}`);
  }
  const { one, other } = NUMERIC_DATE.exec(text)?.groups ?? {};
  const isEither = Number(one) <= LAST_MONTH && Number(other) <= LAST_MONTH;
  if (isEither && one !== other) {
    throw invalid(given, `either number may be the month; write its name, or YEAR-MONTH-DAY`);
  }
}

/** @returns The first time with this time of day after a time. */
function firstAfter(
  afterMs: number,
  clock: string,
  offset: number | undefined,
  given: GivenTime,
): number {
  const after = new Date(afterMs);
  // With an offset of its own it may be another day there.
  for (const days of [-1, 0, 1, 2]) {
    const day = new Date(Date.UTC(after.getFullYear(), after.getMonth(), after.getDate() + days));
    const local = localTime(day, clock);
    const times = timesOf(local, offset);
    const later = times.filter((timeMs) => timeMs > afterMs);
    const isSkipped = times.length === 0 && new Date(local).getTime() > afterMs;
    if (later.length > 0 || isSkipped) return onlyOf(later, local, given);
  }
  throw new Error(`no ${clock} follows ${afterMs}`);
}

/** @returns The times that a local time means, earliest first: one, none if it is skipped, or two. */
function timesOf(local: string, offset: number | undefined): readonly number[] {
  if (offset !== undefined) return [Date.parse(`${local}${formatOffset(offset)}`)];
  const found = findLocalTime(local, localZone());
  if (found.is === 'once') return [found.timeMs];
  return found.is === 'twice' ? found.timesMs : [];
}

function onlyOf(timesMs: readonly number[], local: string, given: GivenTime): number {
  const [timeMs, second] = timesMs;
  const shown = local.slice(0, 'YYYY-MM-DDThh:mm'.length).replace('T', ' ');
  if (timeMs === undefined) {
    throw invalid(given, `${shown} does not exist: the clocks are set forward then`);
  }
  if (second === undefined) return timeMs;
  const wallMs = Date.parse(`${local}Z`);
  const offsets = timesMs.map((ms) => formatOffset((wallMs - ms) / MS_PER_MINUTE)).join(' or ');
  throw invalid(given, `${shown} comes twice: the clocks are set back then; add ${offsets}`);
}

function startOfSecond(timeMs: number): number {
  return Math.floor(timeMs / 1000) * 1000;
}

/** `2026-11-27T18:00:00` */
function localTime(day: Date, clock: string): string {
  return `${day.toISOString().slice(0, 'YYYY-MM-DD'.length)}T${clock}`;
}

/** `+01:00` */
function formatOffset(minutes: number): string {
  const distance = Math.abs(minutes);
  const clock = [Math.floor(distance / 60), distance % 60].map(twoDigits).join(':');
  return `${minutes < 0 ? '-' : '+'}${clock}`;
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}

function invalid({ flag, text }: GivenTime, problem: string): UsageError {
  return new UsageError('invalid-time', `${flag} '${text}': ${problem}`);
}
