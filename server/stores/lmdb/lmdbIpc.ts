// The IPC messages between the store and its writer process.

import type { HistoryEntry } from '../history.ts';

/** Consecutive entries, numbered from `first` on. */
export interface NumberedEntries {
  first: number;
  entries: HistoryEntry[];
}

/** The content of a data file when it was opened. */
export interface OpenedFile extends NumberedEntries {
  /** Device and inode of the file. */
  fileId: string;
}

/**
 * Write these entries, replace any with the same or a higher number, delete those below `oldest`.
 */
export interface CommitRequest extends NumberedEntries {
  oldest: number;
}

/** The writer process sends one reply after it opened the file, then one per commit. */
export type LmdbReply =
  | ({ is: 'opened' } & OpenedFile)
  /** The folder cannot be used; `reason` is for the operator. */
  | { is: 'openFailed'; reason: string }
  /** The commit is synced to disk. */
  | { is: 'committed' }
  /** The commit was not made; the process must be replaced. */
  | { is: 'failed'; reason: string };

export function isLmdbReply(message: unknown): message is LmdbReply {
  return typeof message === 'object' && message !== null && 'is' in message;
}
