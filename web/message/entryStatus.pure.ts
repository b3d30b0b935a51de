// How an entry of the history stands, in words.

import type { HistoryEntry } from '../../client/replies/historyReader.ts';

/** @returns `undefined` for an entry that is over, or has no window and is not in force. */
export function entryStatus(entry: HistoryEntry, nowMs: number): string | undefined {
  if (entry.isInForce) return 'In force';
  if (!entry.isPlanned) return undefined;
  const hasBegun = entry.fromMs === undefined || entry.fromMs <= nowMs;
  return hasBegun ? 'Under a newer message' : 'To come';
}
