// The records of a store in memory, numbered from 1: the newest ones, and those older entries that
// may still be in force. Without the latter, many messages would drop a planned one before its time.
//
// An older entry is dropped when it can no longer be in force, by the time of the newest record: a
// clock that is behind keeps it for longer.

import { type InForce, inForceAround, inForceAt, supersedes } from './inForce.ts';
import {
  type Cancellation,
  type HistoryEntry,
  type HistoryRecord,
  hasWindow,
  isEntry,
  type Numbered,
} from './record.ts';
import { Tail } from './tail.ts';

export class History {
  #tail: Tail<HistoryRecord>;
  /** Older entries than those in the tail, by number, in order. */
  #kept = new Map<number, Numbered<HistoryEntry>>();
  /** Every planned entry that is not canceled, by number, in order. */
  #planned = new Map<number, Numbered<HistoryEntry>>();
  /** The newest entry that was neither planned nor canceled. It supersedes all such before it. */
  #newestUnplanned: Numbered<HistoryEntry> | undefined;
  /** A check of all kept entries waits for as many records, so that each record costs the same. */
  #addedSinceCheck = 0;

  /** @param limit How many records are kept, at least 1; the oldest are dropped. */
  constructor(limit: number) {
    this.#tail = new Tail(limit);
  }

  /** The number of the oldest of the newest records, which are consecutive. */
  get first(): number {
    return this.#tail.first;
  }

  /** The number of the newest record; 0 if there is none. */
  get last(): number {
    return this.#tail.last;
  }

  /** The older entries that are kept, in order. */
  get kept(): Numbered<HistoryEntry>[] {
    return [...this.#kept.values()];
  }

  /** @returns The record with a number; `undefined` if it was dropped, or is not stored yet. */
  at(number: number): HistoryRecord | undefined {
    return this.#tail.at(number) ?? this.#kept.get(number);
  }

  /** @returns The entry with a number; `undefined` if there is none. */
  entryAt(number: number): Numbered<HistoryEntry> | undefined {
    const record = this.at(number);
    return record !== undefined && isEntry(record) ? { ...record, number } : undefined;
  }

  /** The newest record. */
  get latest(): HistoryRecord | undefined {
    return this.#tail.latest;
  }

  /**
   * The records after a number, in order. A slow reader may hold the iterator: it skips what is
   * dropped meanwhile, and ends at the record that is the newest now.
   */
  *after(number = 0): Generator<Numbered> {
    const { last } = this;
    for (const entry of this.#kept.values()) {
      if (entry.number > number && entry.number <= last) yield entry;
    }
    for (let next = Math.max(number + 1, this.first); next <= last; next++) {
      const record = this.at(next);
      if (record !== undefined) yield { ...record, number: next };
    }
  }

  /** What is in force at a time, in milliseconds since 1970. */
  inForce(timeMs: number): InForce {
    return inForceAround(this.#candidates(), timeMs);
  }

  /** The planned entries whose window is open at a time, or still to come, in order. */
  planned(timeMs: number): Numbered<HistoryEntry>[] {
    const lasting = this.#lasting(timeMs);
    return [...this.#planned.values()].filter((entry) => isLive(entry, timeMs, () => lasting));
  }

  /**
   * The entries with a lower number that may still be in force once records are added: the rest can
   * be deleted with them.
   */
  liveBelow(number: number, added: readonly HistoryRecord[]): number[] {
    const newest = added.at(-1);
    const timeMs = newest ? dropTimeOf(newest) : 0;
    const unplanned = added.findLast((record) => isEntry(record) && !hasWindow(record));
    const lasting =
      unplanned && isEntry(unplanned)
        ? inForceAt(
            [...this.#endless(), { ...unplanned, number: this.last + added.length }],
            timeMs,
          )
        : this.#lasting(timeMs);
    return [...this.#candidates()]
      .filter((entry) => entry.number < number && isLive(entry, timeMs, () => lasting))
      .map((entry) => entry.number);
  }

  /** @param number The number after `last`. The first record that is added may have any. */
  add(record: HistoryRecord, number = this.last + 1): void {
    if (number !== this.last + 1) this.#startAt(number);
    if (isEntry(record)) this.#addEntry({ ...record, number });
    else this.#cancel(record);
    const timeMs = dropTimeOf(record);
    const dropped = this.#tail.add(record);
    if (dropped !== undefined) this.#drop(dropped, this.first - 1, timeMs);
    if (++this.#addedSinceCheck >= this.#kept.size) this.#checkKept(timeMs);
  }

  /**
   * Adds a record that was kept although it is older than the newest ones. It comes before any that
   * `add` adds, and after those kept before.
   */
  addKept(record: HistoryRecord, number: number): void {
    this.#startAt(number + 1);
    // The next record that is added checks all.
    this.#addedSinceCheck = Number.POSITIVE_INFINITY;
    if (!isEntry(record)) this.#cancel(record);
    else {
      this.#kept.set(number, { ...record, number });
      this.#addEntry({ ...record, number });
    }
  }

  /** Copies as many of the newest records as the limit says, and those that are kept. */
  withLimit(limit: number): History {
    const copy = new History(limit);
    for (const { number, ...entry } of this.#kept.values()) copy.addKept(entry, number);
    for (const { number, ...record } of this.after(this.first - 1)) copy.add(record, number);
    return copy;
  }

  /** Replaces all records. @param other Must not be used any more. */
  replaceWith(other: History): void {
    this.#tail = other.#tail;
    this.#kept = other.#kept;
    this.#planned = other.#planned;
    this.#newestUnplanned = other.#newestUnplanned;
    this.#addedSinceCheck = other.#addedSinceCheck;
  }

  #addEntry(entry: Numbered<HistoryEntry>): void {
    if (entry.canceledAtMs !== undefined) return;
    if (hasWindow(entry)) this.#planned.set(entry.number, entry);
    else this.#newestUnplanned = entry;
  }

  #cancel({ cancels, storedAtMs }: Cancellation): void {
    const entry = this.entryAt(cancels);
    if (entry === undefined || entry.canceledAtMs !== undefined) return;
    this.#planned.delete(cancels);
    const { number, ...record } = entry;
    if (number >= this.first) this.#tail.replace(number, { ...record, canceledAtMs: storedAtMs });
    else this.#kept.delete(number);
    if (this.#newestUnplanned?.number === number)
      this.#newestUnplanned = this.#unplannedBefore(number);
  }

  #unplannedBefore(number: number): Numbered<HistoryEntry> | undefined {
    for (let before = number - 1; before >= this.first; before--) {
      const entry = this.entryAt(before);
      if (entry && !hasWindow(entry) && entry.canceledAtMs === undefined) return entry;
    }
    return [...this.#kept.values()].findLast((entry) => !hasWindow(entry));
  }

  #startAt(number: number): void {
    if (this.last >= this.first) throw new Error(`record ${this.last + 1} is missing`);
    this.#tail.restartAt(number);
  }

  /** A record has left the tail. */
  #drop(record: HistoryRecord, number: number, timeMs: number): void {
    const newest = this.#newestUnplanned?.number ?? 0;
    if (!isEntry(record) || (!hasWindow(record) && number < newest)) return;
    const entry = { ...record, number };
    if (isLive(entry, timeMs, () => this.#lasting(timeMs))) this.#kept.set(number, entry);
    else this.#forget(number);
  }

  /** Drops the entries that no longer have to be kept. */
  #checkKept(timeMs: number): void {
    this.#addedSinceCheck = 0;
    if (this.#kept.size === 0) return;
    const lasting = this.#lasting(timeMs);
    for (const entry of this.#kept.values()) {
      if (isLive(entry, timeMs, () => lasting)) continue;
      this.#kept.delete(entry.number);
      this.#forget(entry.number);
    }
  }

  #forget(number: number): void {
    this.#planned.delete(number);
    if (this.#newestUnplanned?.number === number) this.#newestUnplanned = undefined;
  }

  /** The entry that is in force forever, if nothing else is stored and every window ends. */
  #lasting(timeMs: number): Numbered<HistoryEntry> | undefined {
    return inForceAt(this.#endless(), timeMs);
  }

  #endless(): Numbered<HistoryEntry>[] {
    return [...this.#candidates()].filter(({ untilMs }) => untilMs === undefined);
  }

  /** The entries of which one may be in force, in order. */
  *#candidates(): Generator<Numbered<HistoryEntry>> {
    let unplanned = this.#newestUnplanned;
    for (const entry of this.#planned.values()) {
      if (unplanned !== undefined && unplanned.number < entry.number) {
        yield unplanned;
        unplanned = undefined;
      }
      yield entry;
    }
    if (unplanned !== undefined) yield unplanned;
  }
}

/** By the clock of the server that stored a record or by ours, whichever is behind. */
function dropTimeOf({ storedAtMs }: HistoryRecord): number {
  return Math.min(storedAtMs, Date.now());
}

/**
 * Whether an entry may be in force at some time from `timeMs` on. While its window is open, it may
 * be even if it is superseded: the other entry may be canceled. An entry without an end would then
 * be kept forever, so it is not.
 *
 * @param lasting The entry that is in force once every window has ended.
 */
function isLive(
  entry: Numbered<HistoryEntry>,
  timeMs: number,
  lasting: () => Numbered<HistoryEntry> | undefined,
): boolean {
  const { fromMs = timeMs, untilMs, canceledAtMs } = entry;
  if (canceledAtMs !== undefined) return false;
  if (untilMs !== undefined) return untilMs > timeMs;
  if (fromMs > timeMs) return true;
  const last = lasting();
  if (last === undefined || last.number === entry.number) return true;
  return entry.number > last.number ? supersedes(entry, last) : !supersedes(last, entry);
}
