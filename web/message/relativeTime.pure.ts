// How long ago something was, in words.

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A month and a year have their mean lengths. */
const UNITS: readonly (readonly [lengthMs: number, name: string])[] = [
  [365.25 * DAY_MS, 'year'],
  [30.44 * DAY_MS, 'month'],
  [7 * DAY_MS, 'week'],
  [DAY_MS, 'day'],
  [HOUR_MS, 'hour'],
  [MINUTE_MS, 'minute'],
];

export interface RelativeTime {
  /** `5 minutes ago` */
  text: string;
  /** How long the text stays right, in milliseconds. */
  validMs: number;
}

/** @param timeMs A time that the server's clock, if it is ahead, may have set in the future. */
export function relativeTime(timeMs: number, nowMs: number): RelativeTime {
  const ageMs = nowMs - timeMs;
  const [unitMs, name] = UNITS.find(([lengthMs]) => ageMs >= lengthMs) ?? [];
  if (unitMs === undefined) return { text: 'just now', validMs: MINUTE_MS - ageMs };
  const count = Math.floor(ageMs / unitMs);
  const text = `${count} ${name}${count === 1 ? '' : 's'} ago`;
  return { text, validMs: unitMs - (ageMs % unitMs) };
}
