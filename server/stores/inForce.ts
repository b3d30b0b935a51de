// Which message is in force at a time: a function of the entries and the time alone. Nothing is
// copied or deleted when a window begins or ends, so a server that slept through a change, or whose
// clock was set, has the right message as soon as it computes it.
//
// An entry applies from the start of its window until just before the end, unless it was canceled.
// Of those that apply, the one that began last is in force. A planned entry begins at the start of
// its window, any other when it was stored.
//
// Entries are compared in the order of their numbers, not of their times of storage: the clocks of
// two servers differ, and an acknowledged message must not wait until the slower one has caught up.

import type { HistoryEntry, Numbered } from './record.ts';

/** Whether an entry applies at a time, in milliseconds since 1970. */
export function appliesAt(entry: HistoryEntry, timeMs: number): boolean {
  const { fromMs = Number.NEGATIVE_INFINITY, untilMs = Number.POSITIVE_INFINITY } = entry;
  return entry.canceledAtMs === undefined && fromMs <= timeMs && timeMs < untilMs;
}

/** Whether an entry begins after one with a lower number, so that it supersedes it. */
export function supersedes(entry: HistoryEntry, earlier: HistoryEntry): boolean {
  const begunMs = entry.fromMs ?? entry.storedAtMs;
  return earlier.fromMs === undefined || earlier.fromMs <= begunMs;
}

/**
 * @param entries In the order of their numbers.
 * @returns The entry in force at a time; `undefined` if none applies.
 */
export function inForceAt<Entry extends HistoryEntry>(
  entries: Iterable<Entry>,
  timeMs: number,
): Entry | undefined {
  let chosen: Entry | undefined;
  for (const entry of entries) {
    if (!appliesAt(entry, timeMs)) continue;
    if (chosen === undefined || supersedes(entry, chosen)) chosen = entry;
  }
  return chosen;
}

/** The entry in force, and the time between the two changes of the clock's making around it. */
export interface InForce {
  readonly entry: Numbered<HistoryEntry> | undefined;
  /** Minus infinity if no window starts or ends before. */
  readonly sinceMs: number;
  /** Infinity if no window starts or ends later. */
  readonly untilMs: number;
}

/**
 * @param entries In the order of their numbers.
 * @returns What is in force at a time, and for which times the answer holds.
 */
export function inForceAround(entries: Iterable<Numbered<HistoryEntry>>, timeMs: number): InForce {
  let sinceMs = Number.NEGATIVE_INFINITY;
  let untilMs = Number.POSITIVE_INFINITY;
  const candidates = [...entries];
  for (const entry of candidates) {
    for (const edge of [entry.fromMs, entry.untilMs]) {
      if (edge === undefined) continue;
      if (edge <= timeMs) sinceMs = Math.max(sinceMs, edge);
      else untilMs = Math.min(untilMs, edge);
    }
  }
  return { entry: inForceAt(candidates, timeMs), sinceMs, untilMs };
}
