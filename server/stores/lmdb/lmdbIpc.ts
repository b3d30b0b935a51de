// What the store and the process that writes for it say to each other.

import type { HistoryEntry } from '../history.ts';

/** What a file holds: consecutive entries, the first of this number. */
export interface NumberedEntries {
  first: number;
  entries: HistoryEntry[];
}

export interface Opened extends NumberedEntries {
  /** Which file it is, whatever its name. */
  fileId: string;
}

/**
 * What to write: entries numbered from `first` on, in the place of any there are;
 * none below `oldest`.
 */
export interface CommitRequest extends NumberedEntries {
  oldest: number;
}

/** What the process says: once when it has opened the file, and then once for each commit. */
export type LmdbReply =
  | ({ is: 'opened' } & Opened)
  /** The folder cannot be used; in words for the operator. */
  | { is: 'openFailed'; why: string }
  /** The commit is on the disk. */
  | { is: 'committed' }
  /** It is not, and the process is of no use any more. */
  | { is: 'failed'; why: string };

export function isLmdbReply(message: unknown): message is LmdbReply {
  return typeof message === 'object' && message !== null && 'is' in message;
}
