// Local times and instants. A change to or from daylight saving time skips local times, and repeats
// others.

/** A date and a time of day. The month counts from 1. */
export interface LocalFields {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

const MS_PER_MINUTE = 60_000;
const MS_PER_DAY = 86_400_000;

/** @returns The instant of a local time at this offset from UTC, in milliseconds since 1970. */
export function instantAt(fields: LocalFields, offsetMinutes: number): number {
  const { year, month, day, hour, minute, second } = fields;
  return Date.UTC(year, month - 1, day, hour, minute, second) - offsetMinutes * MS_PER_MINUTE;
}

/**
 * @returns The instants of a local time in the zone of this process, earliest first: usually one,
 *   none if it is skipped, two if it is repeated.
 */
export function instantsOf(fields: LocalFields): number[] {
  const middleMs = instantAt(fields, 0);
  // No zone changes its offset twice within two days.
  const offsets = [-MS_PER_DAY, MS_PER_DAY].map((ms) => offsetAt(middleMs + ms));
  return [...new Set(offsets)]
    .sort((one, other) => other - one)
    .filter((offset) => offsetAt(instantAt(fields, offset)) === offset)
    .map((offset) => instantAt(fields, offset));
}

/** @returns The offset of this process's zone from UTC, in minutes; positive in the east. */
export function offsetAt(timeMs: number): number {
  return -new Date(timeMs).getTimezoneOffset();
}

/** `+01:00` */
export function formatOffset(offsetMinutes: number): string {
  const minutes = Math.abs(offsetMinutes);
  const [hour, minute] = [Math.floor(minutes / 60), minutes % 60];
  const twoDigits = (number: number) => String(number).padStart(2, '0');
  return `${offsetMinutes < 0 ? '-' : '+'}${twoDigits(hour)}:${twoDigits(minute)}`;
}
