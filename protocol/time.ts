// Times and windows on the wire: RFC 3339, section 5.6, and the intervals of ISO 8601, in which one
// side may be empty (PROTOCOL.md, "Planned messages").

import { REPLY, type Reply } from './replies.ts';

const TIME =
  /^(?<date>\d{4}-\d\d-\d\d)T(?<minutes>\d\d:\d\d)(?<seconds>:\d\d(?:\.\d{1,9})?)?(?<zone>Z|[+-]\d\d:\d\d)?$/i;

/** The last valid offset and the last valid time of a day. JavaScript accepts others. */
const MAX_OFFSET = '23:59';
const MAX_MINUTES = '23:59';

/** A time, in milliseconds since 1970 (UTC), or the error reply. */
type ParsedTime = number | Reply;

/** A window of which at least one side is defined. In milliseconds since 1970 (UTC). */
export interface ParsedWindow {
  fromMs?: number;
  untilMs?: number;
}

/** How far away a planned time may be: a typing error, rather than a plan, is beyond. */
export const MAX_PLAN_YEARS = 10;

/** The last time that may be planned. */
export function maxPlanMs(nowMs: number): number {
  const limit = new Date(nowMs);
  return limit.setUTCFullYear(limit.getUTCFullYear() + MAX_PLAN_YEARS);
}

/** Whether a window has begun by a time. Without a start, it has begun when it was stored. */
export function hasBegun({ fromMs }: { fromMs?: number | undefined }, timeMs: number): boolean {
  return fromMs === undefined || fromMs <= timeMs;
}

/**
 * Parses `FROM/UNTIL`.
 *
 * @returns The window, or the error reply.
 */
export function parseWindow(text: string): ParsedWindow | Reply {
  const [from, until, ...rest] = text.split('/');
  if (from === undefined || until === undefined || rest.length > 0) return REPLY.badTime;
  if (from === '' && until === '') return REPLY.badTime;
  const fromMs = from === '' ? undefined : parseTime(from);
  const untilMs = until === '' ? undefined : parseTime(until);
  if (typeof fromMs === 'string') return fromMs;
  if (typeof untilMs === 'string') return untilMs;
  if (fromMs !== undefined && untilMs !== undefined && untilMs <= fromMs) {
    return REPLY.endNotAfterStart;
  }
  return { ...(fromMs !== undefined && { fromMs }), ...(untilMs !== undefined && { untilMs }) };
}

function parseTime(text: string): ParsedTime {
  const fields = TIME.exec(text)?.groups;
  if (fields === undefined) return REPLY.badTime;
  const { date = '', minutes = '', seconds = '', zone } = fields;
  // JavaScript turns February 30 into March 2.
  const day = new Date(`${date}T00:00:00Z`);
  const isDay = !Number.isNaN(day.getTime()) && day.toISOString().startsWith(date);
  if (!isDay || minutes > MAX_MINUTES) return REPLY.badTime;
  if (zone === undefined) return REPLY.noTimeZone;
  if (zone.slice(1) > MAX_OFFSET) return REPLY.badTime;
  const timeMs = Date.parse(`${date}T${minutes}${seconds}${zone}`.toUpperCase());
  return Number.isNaN(timeMs) ? REPLY.badTime : timeMs;
}

/** `2026-11-27T18:00:00Z`, with milliseconds only if there are any. */
export function formatTime(timeMs: number): string {
  return new Date(timeMs).toISOString().replace('.000Z', 'Z');
}

/** `FROM/UNTIL`, in which a side that is not defined is empty. */
export function formatWindow({
  fromMs,
  untilMs,
}: {
  fromMs?: number | undefined;
  untilMs?: number | undefined;
}): string {
  const side = (timeMs: number | undefined) => (timeMs === undefined ? '' : formatTime(timeMs));
  return `${side(fromMs)}/${side(untilMs)}`;
}
