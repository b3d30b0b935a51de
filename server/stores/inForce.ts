// Which message is in force at a time: a function of the entries and the time alone. Nothing is
// copied or deleted when a window begins or ends, so a server that slept through a change, or whose
// clock was set, has the right message as soon as it computes it.
//
// An entry applies from the start of its window until just before the end, unless it was canceled.
// Of those that apply, the one that began last is in force. An entry with a start begins then, any
// other when it was stored. What began last is decided in two steps:
//
// 1. Of the entries without a start, it is the one with the highest number: the clocks of two servers
//    differ, and an acknowledged message must not wait until the slower one has caught up.
// 2. An entry with a start is in force over that one, unless the other was stored later, and not
//    before the start. Of several, it is the one with the latest start; of these, the highest number.
//
// To compare neighbors in the order of their numbers would not do: after a clock was set back, A may
// be superseded by B, B by C, and C by A. The answer would then change if a history dropped B
// (retention.ts).

import type { HistoryEntry, Numbered } from './record.ts';

type Entry = Numbered<HistoryEntry>;

/** Whether an entry applies at a time, in milliseconds since 1970. */
export function appliesAt(entry: HistoryEntry, timeMs: number): boolean {
  const { fromMs = Number.NEGATIVE_INFINITY, untilMs = Number.POSITIVE_INFINITY } = entry;
  return entry.canceledAtMs === undefined && fromMs <= timeMs && timeMs < untilMs;
}

/**
 * @param entries In the order of their numbers.
 * @returns The entry in force at a time; `undefined` if none applies.
 */
export function inForceAt(entries: readonly Entry[], timeMs: number): Entry | undefined {
  const applying = entries.filter((entry) => appliesAt(entry, timeMs));
  const stored = applying.findLast(({ fromMs }) => fromMs === undefined);
  let chosen = stored;
  let latestMs = Number.NEGATIVE_INFINITY;
  for (const entry of applying) {
    const { fromMs } = entry;
    if (fromMs === undefined || fromMs < latestMs) continue;
    if (stored && stored.number > entry.number && stored.storedAtMs >= fromMs) continue;
    chosen = entry;
    latestMs = fromMs;
  }
  return chosen;
}

/** The entry in force, and the time between the two changes of the clock's making around it. */
export interface InForce {
  readonly entry: Entry | undefined;
  /** Minus infinity if no window starts or ends before. */
  readonly sinceMs: number;
  /** Infinity if no window starts or ends later. */
  readonly untilMs: number;
  /** The entries from which it was computed, in the order of their numbers. */
  readonly candidates: readonly Entry[];
}

/**
 * @param candidates In the order of their numbers.
 * @returns What is in force at a time, and for which times the answer holds.
 */
export function inForceAround(candidates: readonly Entry[], timeMs: number): InForce {
  let sinceMs = Number.NEGATIVE_INFINITY;
  let untilMs = Number.POSITIVE_INFINITY;
  const addEdge = (edgeMs: number | undefined) => {
    if (edgeMs === undefined) return;
    if (edgeMs <= timeMs) sinceMs = Math.max(sinceMs, edgeMs);
    else untilMs = Math.min(untilMs, edgeMs);
  };
  for (const entry of candidates) {
    addEdge(entry.fromMs);
    addEdge(entry.untilMs);
  }
  return { entry: inForceAt(candidates, timeMs), sinceMs, untilMs, candidates };
}
