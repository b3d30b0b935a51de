// Times on the clock of a place. Intl knows the rules of every time zone.

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

// ISO 8601, as the value of <input type="datetime-local"> (HTML, section 2.4.5).
const LOCAL_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?$/;

/** What a local time means. In milliseconds since 1970 (UTC). */
export type LocalTime =
  | { is: 'once'; timeMs: number }
  /** The clocks go back: it comes twice. Earliest first. */
  | { is: 'twice'; timesMs: readonly number[] }
  /** The clocks go forward: they skip it. */
  | { is: 'skipped' }
  /** Not a date and a time. */
  | { is: 'invalid' };

/**
 * Finds the time at which the clocks of a zone show a local time.
 *
 * @param local Without a zone: `2026-11-27T18:00`.
 * @param timeZone An IANA name, such as `Europe/Berlin`.
 */
export function findLocalTime(local: string, timeZone: string): LocalTime {
  const wallMs = LOCAL_TIME.test(local) ? Date.parse(`${local}Z`) : Number.NaN;
  // JavaScript turns February 30 into March 2.
  const isValid = !Number.isNaN(wallMs) && new Date(wallMs).toISOString().startsWith(local);
  if (!isValid) return { is: 'invalid' };
  // No zone changes its clocks twice within two days.
  const offsets = [wallMs - DAY_MS, wallMs + DAY_MS].map((timeMs) => offsetMs(timeMs, timeZone));
  const candidates = [...new Set(offsets)].map((offset) => wallMs - offset);
  const timesMs = candidates.filter((timeMs) => timeMs + offsetMs(timeMs, timeZone) === wallMs);
  const [timeMs] = timesMs;
  if (timeMs === undefined) return { is: 'skipped' };
  return timesMs.length === 1 ? { is: 'once', timeMs } : { is: 'twice', timesMs };
}

/** How far the clocks of a zone are ahead of UTC at a time. */
function offsetMs(timeMs: number, timeZone: string): number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const fields = new Map(
    format.formatToParts(timeMs).map(({ type, value }) => [type, Number(value)]),
  );
  const field = (type: Intl.DateTimeFormatPartTypes) => fields.get(type) ?? 0;
  const wallMs = Date.UTC(
    field('year'),
    field('month') - 1,
    field('day'),
    field('hour'),
    field('minute'),
    field('second'),
  );
  // The fields have no milliseconds.
  return wallMs - Math.floor(timeMs / 1000) * 1000;
}
