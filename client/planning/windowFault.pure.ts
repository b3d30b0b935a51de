// What is wrong with a window that a user asks for, by the rules of the server (PROTOCOL.md).
// The server checks them again, on its own clock.

import { hasBegun, maxPlanMs, type ParsedWindow } from '../../protocol/time.ts';

export type WindowFault =
  | 'endNotAfterStart'
  | 'endInThePast'
  /** A window that has begun already, and never ends, is not a plan. */
  | 'startInThePast'
  | 'startTooFarAway'
  | 'endTooFarAway';

export function windowFault(window: ParsedWindow, nowMs: number): WindowFault | undefined {
  const { fromMs, untilMs } = window;
  const limitMs = maxPlanMs(nowMs);
  if (fromMs !== undefined && fromMs > limitMs) return 'startTooFarAway';
  if (fromMs !== undefined && untilMs !== undefined && untilMs <= fromMs) return 'endNotAfterStart';
  if (untilMs !== undefined && untilMs <= nowMs) return 'endInThePast';
  if (untilMs !== undefined && untilMs > limitMs) return 'endTooFarAway';
  if (untilMs === undefined && hasBegun(window, nowMs)) return 'startInThePast';
  return undefined;
}
