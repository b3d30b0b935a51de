// How an entry of the history stands, and what canceling it changes, in words.

import type { HistoryEntry } from '../../client/replies/historyReader.ts';
import { hasBegun } from '../../protocol/time.ts';

export type EntryStatus = 'inForce' | 'underNewer' | 'toCome' | 'over';

/** Empty if there is nothing to show. */
export const STATUS_WORDS: Readonly<Record<EntryStatus, string>> = {
  inForce: 'In force',
  underNewer: 'Under a newer message',
  toCome: 'To come',
  over: '',
};

/** An entry that never had a window is over once it is no longer in force. */
export function entryStatus(entry: HistoryEntry, nowMs: number): EntryStatus {
  if (entry.isInForce) return 'inForce';
  if (!entry.isPlanned) return 'over';
  return hasBegun(entry, nowMs) ? 'underNewer' : 'toCome';
}

/** @param window The window of the entry, in words. */
export function describeCancel(status: EntryStatus, window: string): string {
  switch (status) {
    case 'inForce':
      return `In force ${window}. The message before it will stand again.`;
    case 'toCome':
      return `Planned ${window}. It will not appear.`;
    case 'underNewer':
    case 'over':
      return `Planned ${window}. It will not appear again.`;
    default:
      return status satisfies never;
  }
}
