// Reads the window of `motd plan` from its flags. The server checks it again; here an error can name
// the flag, and show what was understood.

import { describeTime } from '../../client/planning/describeWindow.pure.ts';
import { windowFault } from '../../client/planning/windowFault.pure.ts';
import { MAX_PLAN_YEARS, type ParsedWindow } from '../../protocol/time.ts';
import { UsageError } from '../cliError.ts';
import { localZone } from './localZone.ts';
import { readTime, type TimeReference } from './readTime.ts';

export interface WindowFlags {
  from?: string;
  until?: string;
}

/**
 * @param nowMs The time, in milliseconds since 1970.
 * @throws UsageError if a flag is not understood, or if a server would reject the window.
 */
export function readWindow({ from, until }: WindowFlags, nowMs: number): ParsedWindow {
  if (from === undefined && until === undefined) {
    throw new UsageError('missing-flag', 'the time is missing; pass --from, --until, or both');
  }
  const fromMs =
    from === undefined
      ? undefined
      : readTime({ flag: '--from', text: from }, { nowMs, afterMs: nowMs, dayAfterMs: nowMs });
  const untilMs =
    until === undefined
      ? undefined
      : readTime({ flag: '--until', text: until }, endReference(fromMs, nowMs));
  const window = {
    ...(fromMs !== undefined && { fromMs }),
    ...(untilMs !== undefined && { untilMs }),
  };
  rejectFault(window, nowMs);
  return window;
}

/**
 * The day of the end may be that of the start. If its time is earlier, the window is rejected: it was
 * hardly meant to last a week.
 */
function endReference(fromMs: number | undefined, nowMs: number): TimeReference {
  if (fromMs === undefined) return { nowMs, afterMs: nowMs, dayAfterMs: nowMs };
  return { nowMs, afterMs: fromMs, dayAfterMs: new Date(fromMs).setHours(0, 0, 0, 0) };
}

function rejectFault(window: ParsedWindow, nowMs: number): void {
  const { fromMs = 0, untilMs = 0 } = window;
  const [from, until] = [fromMs, untilMs].map((timeMs) => describeTime(timeMs, localZone()));
  const fault = windowFault(window, nowMs);
  switch (fault) {
    case undefined:
      return;
    case 'endNotAfterStart':
      throw new UsageError(
        'invalid-window',
        `--until is not after --from: ${until}, ${from}; write the date of the end, or only its time for the first one after --from`,
      );
    case 'endInThePast':
      throw new UsageError(
        'invalid-window',
        `--until is in the past: ${until}; write a later time`,
      );
    case 'startInThePast':
      throw new UsageError(
        'invalid-window',
        `--from is in the past: ${from}; to change the message now, use motd set`,
      );
    case 'endTooFarAway':
      throw new UsageError(
        'invalid-window',
        `--until is over ${MAX_PLAN_YEARS} years away: ${until}; check the year`,
      );
    case 'startTooFarAway':
      throw new UsageError(
        'invalid-window',
        `--from is over ${MAX_PLAN_YEARS} years away: ${from}; check the year`,
      );
    default:
      fault satisfies never;
  }
}
