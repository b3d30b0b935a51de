// Reads the window of `motd plan` from its flags. The server checks it again; here an error can name
// the flag, and show what was understood.

import type { ParsedWindow } from '../../protocol/time.ts';
import { UsageError } from '../cliError.ts';
import { formatLocalTime } from './formatWindow.ts';
import { readTime } from './readTime.ts';

/** As at the server (PROTOCOL.md, "MSGPLAN"). */
const MAX_PLAN_YEARS = 10;

export interface WindowFlags {
  from?: string;
  until?: string;
}

/**
 * @param nowMs The time, in milliseconds since 1970.
 * @throws UsageError if a flag is not understood, or if a server would reject the window.
 */
export function readWindow(flags: WindowFlags, nowMs: number): ParsedWindow {
  const { from, until } = flags;
  const read = (flag: '--from' | '--until', text: string | undefined, afterMs: number) =>
    text === undefined ? undefined : readTime({ flag, text }, { nowMs, afterMs });
  const fromMs = read('--from', from, nowMs);
  const untilMs = read('--until', until, fromMs ?? nowMs);
  if (untilMs === undefined) return { fromMs: requireTimeToCome('--from', fromMs, nowMs) };
  requireTimeToCome('--until', untilMs, nowMs);
  if (fromMs === undefined) return { untilMs };
  if (fromMs < untilMs) return { fromMs, untilMs };
  const [start, end] = [fromMs, untilMs].map(formatLocalTime);
  throw new UsageError(`--until is not after --from: ${end}, ${start}`);
}

/** @param timeMs The end of a window, or the start of one without an end. */
function requireTimeToCome(flag: string, timeMs: number | undefined, nowMs: number): number {
  if (timeMs === undefined) {
    throw new UsageError('the time is missing; pass --from, --until, or both');
  }
  const limit = new Date(nowMs);
  limit.setUTCFullYear(limit.getUTCFullYear() + MAX_PLAN_YEARS);
  // What is read has no fractions of a second: `now` is not in the past.
  if (timeMs < Math.floor(nowMs / 1000) * 1000) {
    throw new UsageError(`${flag} is in the past: ${formatLocalTime(timeMs)}`);
  }
  if (timeMs > limit.getTime()) {
    throw new UsageError(
      `${flag} is over ${MAX_PLAN_YEARS} years away: ${formatLocalTime(timeMs)}`,
    );
  }
  return timeMs;
}
