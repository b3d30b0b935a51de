// Reads a time as people write it: `fri 18:00`, `27 Nov 2026 6pm`, `in 2 hours`, RFC 3339. What can
// be meant in two ways is rejected with an error that shows how to write it.

import { type Component, GB, type ParsedResult } from 'chrono-node/en';
import { UsageError } from '../cliError.ts';
import { formatLocalDay, formatLocalTime } from './formatWindow.ts';
import { formatOffset, instantAt, instantsOf, type LocalFields, offsetAt } from './zonedTime.ts';

/** The flag whose value is read, and its value. */
export interface GivenTime {
  flag: '--from' | '--until';
  text: string;
}

/** In milliseconds since 1970. */
export interface TimeReference {
  /** What `tomorrow` and `in 2 hours` refer to. */
  nowMs: number;
  /** A time of day, a weekday, or a date without a year is the first one after this time. */
  afterMs: number;
}

const EXAMPLES = "write for example 'fri 18:00', '27 Nov 2026 18:00' or '2026-11-27 18:00'";

/** The parser would take the next Friday for the last one. */
const REFERS_TO_PAST = /\b(?:last|past|previous)\b/i;

/** The day and the month in digits, in one order or the other. */
const NUMERIC_DATE = /\b(?<one>\d{1,2})[/.-](?<other>\d{1,2})[/.-]\d{2,4}\b/;

/** The parser would swap the month and the day if they are not valid. */
const ISO_MONTH = /\b\d{4}-(?<month>\d\d)-\d\d\b/;

const LAST_MONTH = 12;

/**
 * @returns The time, in milliseconds since 1970.
 * @throws UsageError if it is not understood, not exactly one time, or not a time of the local zone.
 */
export function readTime(given: GivenTime, { nowMs, afterMs }: TimeReference): number {
  rejectTwoMeanings(given);
  const start = parse(given, nowMs);
  return start.isCertain('year')
    ? resolve(start, afterMs, given)
    : resolve(parse(given, afterMs), afterMs, given);
}

function resolve(start: ParsedResult['start'], afterMs: number, given: GivenTime): number {
  if (!start.isCertain('hour')) {
    const day = formatLocalDay(start.date().getTime());
    throw invalid(given, `only a day was understood, ${day}; add the time, such as '18:00'`);
  }
  const field = (name: Component) => start.get(name) ?? 0;
  const fields = {
    year: field('year'),
    month: field('month'),
    day: field('day'),
    hour: field('hour'),
    minute: field('minute'),
    second: field('second'),
  };
  const offset = start.isCertain('timezoneOffset') ? field('timezoneOffset') : undefined;
  return isTimeOfDay(start)
    ? firstAfter(afterMs, fields, offset, given)
    : onlyOf(instantsAt(fields, offset), fields, given);
}

function isTimeOfDay(start: ParsedResult['start']): boolean {
  const components: Component[] = ['weekday', 'day', 'month', 'year'];
  return !components.some((component) => start.isCertain(component));
}

/** @returns The only time in a text, which is nothing else. */
function parse(given: GivenTime, referenceMs: number): ParsedResult['start'] {
  const text = given.text.trim();
  const [result] = GB.parse(text, new Date(referenceMs), { forwardDate: true });
  if (result === undefined) throw invalid(given, `not a time; ${EXAMPLES}`);
  if (result.text !== text) {
    const time = formatLocalTime(result.start.date().getTime());
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
  fields: LocalFields,
  offset: number | undefined,
  given: GivenTime,
): number {
  const after = new Date(afterMs);
  // With an offset of its own it may be another day there.
  for (const days of [-1, 0, 1, 2]) {
    const day = new Date(Date.UTC(after.getFullYear(), after.getMonth(), after.getDate() + days));
    const onDay = {
      ...fields,
      year: day.getUTCFullYear(),
      month: day.getUTCMonth() + 1,
      day: day.getUTCDate(),
    };
    const instants = instantsAt(onDay, offset);
    const later = instants.filter((instant) => instant > afterMs);
    const isSkipped = instants.length === 0 && instantAt(onDay, offsetAt(afterMs)) > afterMs;
    if (later.length > 0 || isSkipped) return onlyOf(later, onDay, given);
  }
  throw new Error(`no ${formatFields(fields)} follows ${afterMs}`);
}

function instantsAt(fields: LocalFields, offset: number | undefined): number[] {
  return offset === undefined ? instantsOf(fields) : [instantAt(fields, offset)];
}

function onlyOf(instants: readonly number[], fields: LocalFields, given: GivenTime): number {
  const [instant, second] = instants;
  if (instant === undefined) {
    throw invalid(given, `${formatFields(fields)} does not exist: the clocks are set forward then`);
  }
  if (second === undefined) return instant;
  const offsets = [instant, second].map((ms) => formatOffset(offsetAt(ms))).join(' or ');
  throw invalid(
    given,
    `${formatFields(fields)} comes twice: the clocks are set back then; add ${offsets}`,
  );
}

/** `2027-03-28 02:30` */
function formatFields(fields: LocalFields): string {
  const text = new Date(instantAt(fields, 0)).toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, 16)}`;
}

function invalid({ flag, text }: GivenTime, problem: string): UsageError {
  return new UsageError(`${flag} '${text}': ${problem}`);
}
