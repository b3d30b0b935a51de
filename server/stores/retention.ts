// Which older entries a history keeps: those that may still be in force (inForce.ts).
//
// To drop the others changes no answer for any time from the drop on, whatever the clocks did before
// and do since. An entry X is dropped if
//
// - its window is over, or it was canceled: it never applies again; or
// - neither X nor a later entry N has a start or an end: N applies whenever X does, and has the
//   higher number, so the rule's first step never chooses X; or
// - X and a later entry N have no end, N's start is not before X's, and both have begun: N applies.
//   Whatever message without a start is superseded by X, by its number or its time, is by N too. So
//   the second step never chooses X.
//
// In each case X is never chosen, and an entry decides nothing for others unless the first step
// chooses it. A planned N itself has to be older than the newest records: while it is one of
// them, its cancellation puts X in force again, also after a restart. An unplanned X is dropped as
// soon as an unplanned N follows: canceling N then puts what is still kept in force.
//
// The times before the drop are the exception. If the clock is set back so far that a window which was
// over is open again, a history that dropped the entry has an older one in force until then. No rule
// avoids that, unless it keeps every entry forever.

import { type HistoryEntry, type HistoryRecord, hasWindow, type Numbered } from './record.ts';

/** By the clock of the server that stored a record or by ours, whichever is behind. */
export function dropTimeOf({ storedAtMs }: HistoryRecord): number {
  return Math.min(storedAtMs, Date.now());
}

/** Whether an entry has neither a start nor an end. */
export function isUnplanned(entry: HistoryEntry): boolean {
  return !hasWindow(entry);
}

/**
 * @param entries None is canceled. In the order of their numbers.
 * @returns Those that may be in force at some time from `timeMs` on, in the same order.
 */
export function stillLive<Entry extends Numbered<HistoryEntry>>(
  entries: readonly Entry[],
  timeMs: number,
): Entry[] {
  let isFirstUnplanned = true;
  /** The latest start of the later entries that have begun, and have no end. */
  let latestMs = Number.NEGATIVE_INFINITY;
  const live = entries.toReversed().filter(({ fromMs, untilMs }) => {
    if (untilMs !== undefined) return untilMs > timeMs;
    if (fromMs === undefined) {
      const isNewest = isFirstUnplanned;
      isFirstUnplanned = false;
      return isNewest;
    }
    if (fromMs > timeMs) return true;
    if (fromMs <= latestMs) return false;
    latestMs = fromMs;
    return true;
  });
  return live.reverse();
}
