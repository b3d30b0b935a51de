// What the feed knows of the server at one time, and what follows from it.

import type { StoredEntry } from '../../client/replies/entryLine.ts';

export interface Snapshot {
  /** The message in force. */
  current: StoredEntry;
  /** The entries that had begun when they were read, in that order: see `BegunEntries`. */
  entries: readonly StoredEntry[];
}

/**
 * The maximum number of entries to keep: those of a longer history that began last. Each may have
 * 4 kB of text, and is kept in several forms.
 */
export const MAX_ENTRIES = 1_000;

/** The time from which an entry may be in force; `undefined` for the initial message. */
export function startOf({ storedAtMs, fromMs = storedAtMs }: StoredEntry): number | undefined {
  if (storedAtMs === undefined || fromMs === undefined) return fromMs;
  return Math.max(storedAtMs, fromMs);
}

/**
 * The entries that have begun by a time, in the order in which they began. Planned entries that are
 * still to come are left out for good: they may be canceled before they begin, which no watch
 * reports. When one begins, the watch does report it.
 */
export class BegunEntries {
  readonly #nowMs: number;
  readonly #entries: StoredEntry[] = [];

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  /** @returns The last `MAX_ENTRIES`. */
  get entries(): readonly StoredEntry[] {
    return this.#entries;
  }

  /** Must be called in the order of the numbers. */
  add(entry: StoredEntry): void {
    if (!hasBegun(entry, this.#nowMs)) return;
    const earlier = this.#entries.findLastIndex((each) => supersedes(entry, each));
    this.#entries.splice(earlier + 1, 0, entry);
    if (this.#entries.length > MAX_ENTRIES) this.#entries.shift();
  }
}

/**
 * The time since which the current message is in force: its own start, or the end of an entry that
 * was in force in between.
 *
 * @returns `undefined` if the server does not send it.
 */
export function inForceSince({ current, entries }: Snapshot, nowMs: number): number | undefined {
  const startMs = startOf(current);
  // An older server has no planned entries.
  if (current.number === undefined) return startMs;
  const ordered = entries.toSorted((a, b) => (a.number ?? 0) - (b.number ?? 0));
  const firstMs = startMs ?? Number.NEGATIVE_INFINITY;
  const edges = ordered
    .flatMap((entry) => [startOf(entry) ?? firstMs, entry.untilMs ?? firstMs])
    .filter((ms) => ms > firstMs && ms <= nowMs)
    .sort((a, b) => b - a);
  let sinceMs = firstMs;
  for (const edgeMs of [...edges, firstMs]) {
    // If no entry applies, the initial message is in force, whose number is 0.
    if ((inForceAt(ordered, edgeMs)?.number ?? 0) !== current.number) break;
    sinceMs = edgeMs;
  }
  return Number.isFinite(sinceMs) ? sinceMs : undefined;
}

/** Whether an entry has begun. One that was canceled before it began never does. */
function hasBegun(entry: StoredEntry, nowMs: number): boolean {
  const startMs = startOf(entry) ?? Number.NEGATIVE_INFINITY;
  return startMs <= nowMs && startMs < (entry.untilMs ?? Number.POSITIVE_INFINITY);
}

/** Whether an entry begins after one with a lower number (PROTOCOL.md, "Planned messages"). */
function supersedes(entry: StoredEntry, earlier: StoredEntry): boolean {
  const begunMs = entry.fromMs ?? entry.storedAtMs ?? Number.NEGATIVE_INFINITY;
  return earlier.fromMs === undefined || earlier.fromMs <= begunMs;
}

/** @param entries In the order of their numbers. */
function inForceAt(entries: readonly StoredEntry[], timeMs: number): StoredEntry | undefined {
  const applying = entries.filter((entry) => {
    return hasBegun(entry, timeMs) && timeMs < (entry.untilMs ?? Number.POSITIVE_INFINITY);
  });
  const stored = applying.findLastIndex(({ fromMs }) => fromMs === undefined);
  let chosen = applying[stored];
  for (const [index, entry] of applying.entries()) {
    if (entry.fromMs === undefined) continue;
    const storedAtMs = index < stored ? applying[stored]?.storedAtMs : undefined;
    if (storedAtMs !== undefined && entry.fromMs <= storedAtMs) continue;
    if (chosen?.fromMs === undefined || chosen.fromMs <= entry.fromMs) chosen = entry;
  }
  return chosen;
}
