// How an entry of the history stands, in words.

import type { HistoryEntry } from '../../client/replies/historyReader.ts';

/**
 * @param entries The whole history.
 * @returns `undefined` for an entry that is over, or has no window and is not in force.
 */
export function entryStatus(
  entry: HistoryEntry,
  entries: readonly HistoryEntry[],
  nowMs: number,
): string | undefined {
  if (entry.isInForce) return 'In force';
  if (!entry.isPlanned) return undefined;
  const { fromMs } = entry;
  if (fromMs === undefined || fromMs <= nowMs) return 'Under a newer message';
  return isCoveredAt(fromMs, entry, entries) ? 'To come, under a newer message' : 'To come';
}

/** Whether a newer entry is in force at a time: the newest one whose window contains it wins. */
function isCoveredAt(
  timeMs: number,
  { number = 0 }: HistoryEntry,
  entries: readonly HistoryEntry[],
): boolean {
  return entries.some(
    (other) =>
      (other.number ?? 0) > number &&
      (other.fromMs ?? timeMs) <= timeMs &&
      timeMs < (other.untilMs ?? timeMs + 1),
  );
}
