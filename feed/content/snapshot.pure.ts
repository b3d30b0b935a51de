// What the feed knows of the server at one time, and what follows from it.

import type { EntryDetails } from '../../client/replies/entryLine.ts';

/** An entry. An older server (without MSGINFO) sends no numbers. */
export type FeedEntry = Omit<EntryDetails, 'number'> & { number?: number };

export interface Snapshot {
  /** The message in force. */
  current: FeedEntry;
  /** The entries of the store, oldest first, with those that are still to come. */
  entries: readonly FeedEntry[];
}

/**
 * The maximum number of entries to keep: the newest ones of a longer history. Each may have 4 kB of
 * text, and is kept in several forms.
 */
export const MAX_ENTRIES = 1_000;

/** The time from which an entry may be in force; `undefined` for the initial message. */
export function startOf({ storedAtMs, fromMs = storedAtMs }: FeedEntry): number | undefined {
  if (storedAtMs === undefined || fromMs === undefined) return fromMs;
  return Math.max(storedAtMs, fromMs);
}

/** The entries that are, or were, allowed to be in force: neither to come nor canceled before. */
export function startedBy(nowMs: number, entries: readonly FeedEntry[]): FeedEntry[] {
  return entries.filter((entry) => {
    const startMs = startOf(entry) ?? Number.NEGATIVE_INFINITY;
    return startMs <= nowMs && startMs < (entry.untilMs ?? Number.POSITIVE_INFINITY);
  });
}

/** When `startedBy` next returns a further entry; Infinity if never. */
export function nextStart(nowMs: number, entries: readonly FeedEntry[]): number {
  const starts = entries.map((entry) => startOf(entry) ?? nowMs).filter((ms) => ms > nowMs);
  return Math.min(...starts, Number.POSITIVE_INFINITY);
}

/**
 * The time since which the current message is in force: its own start, or the end of a newer entry
 * that was in force in between.
 *
 * @returns `undefined` if the server does not tell.
 */
export function inForceSince({ current, entries }: Snapshot, nowMs: number): number | undefined {
  const { number } = current;
  const startMs = startOf(current) ?? Number.NEGATIVE_INFINITY;
  const newer = number === undefined ? [] : entries.filter((entry) => (entry.number ?? 0) > number);
  const ends = startedBy(nowMs, newer).map(({ untilMs = nowMs }) => untilMs);
  const sinceMs = Math.max(startMs, ...ends.filter((ms) => ms <= nowMs));
  return Number.isFinite(sinceMs) ? sinceMs : undefined;
}
