// What is wrong with a window that a user asks for, by the rules of the server (PROTOCOL.md).
// The server checks them again, on its own clock.

import type { ParsedWindow } from '../../protocol/time.ts';

export type WindowFault =
  | 'endNotAfterStart'
  | 'endInThePast'
  /** A window that has begun already, and never ends, is not a plan. */
  | 'startInThePast'
  | 'startTooFarAway'
  | 'endTooFarAway';

/** How far away a planned time may be. */
export const MAX_PLAN_YEARS = 10;

export function windowFault(
  { fromMs, untilMs }: ParsedWindow,
  nowMs: number,
): WindowFault | undefined {
  const limit = new Date(nowMs);
  limit.setUTCFullYear(limit.getUTCFullYear() + MAX_PLAN_YEARS);
  const limitMs = limit.getTime();
  if (fromMs !== undefined && fromMs > limitMs) return 'startTooFarAway';
  if (fromMs !== undefined && untilMs !== undefined && untilMs <= fromMs) return 'endNotAfterStart';
  if (untilMs !== undefined && untilMs <= nowMs) return 'endInThePast';
  if (untilMs !== undefined && untilMs > limitMs) return 'endTooFarAway';
  if (untilMs === undefined && fromMs !== undefined && fromMs <= nowMs) return 'startInThePast';
  return undefined;
}
