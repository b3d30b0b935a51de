// The records of a store in memory, numbered from 1: the newest ones, and those older entries that
// may still be in force. Without the latter, many messages would drop a planned one before its time.
//
// An older entry is dropped when it can no longer be in force (retention.ts), by the time of the
// newest record: a clock that is behind keeps it for longer.

import { type InForce, inForceAround, inForceAt } from './inForce.ts';
import {
  type Cancellation,
  type HistoryEntry,
  type HistoryRecord,
  hasWindow,
  isEntry,
  type Numbered,
} from './record.ts';
import { dropTimeOf, isUnplanned, stillLive } from './retention.ts';
import { Tail } from './tail.ts';

export class History {
  readonly #limit: number;
  #tail: Tail<HistoryRecord>;
  /** Older entries than those in the tail, by number, in order. */
  #kept = new Map<number, Numbered<HistoryEntry>>();
  /** Every planned entry that is not canceled, by number, in order. */
  #planned = new Map<number, Numbered<HistoryEntry>>();
  /** The newest entry that was neither planned nor canceled. No such before it is in force. */
  #newestUnplanned: Numbered<HistoryEntry> | undefined;
  /** The newest such entry of those that are kept. */
  #keptUnplanned: Numbered<HistoryEntry> | undefined;
  /** A check of all kept entries waits for half as many records, so that each costs the same. */
  #addedSinceCheck = 0;

  /** @param limit How many records are kept, at least 1; the oldest are dropped. */
  constructor(limit: number) {
    this.#limit = limit;
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

  get keptCount(): number {
    return this.#kept.size;
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

  /** @returns The number of the first record after `after` that cancels an entry. */
  firstCancellation(number: number, after: number): number | undefined {
    for (const record of this.after(after)) {
      if (!isEntry(record) && record.cancels === number) return record.number;
    }
    return undefined;
  }

  /** What is in force at a time, in milliseconds since 1970. */
  inForce(timeMs: number): InForce {
    return inForceAround([...this.#candidates()], timeMs);
  }

  /**
   * The planned entries whose window is open at a time, or still to come, in order. One without an
   * end is over when another without an end has superseded it.
   */
  planned(timeMs: number): Numbered<HistoryEntry>[] {
    const endless = [...this.#candidates()].filter(({ untilMs }) => untilMs === undefined);
    const lasting = inForceAt(endless, timeMs);
    return [...this.#planned.values()].filter(({ number, fromMs = timeMs, untilMs }) => {
      if (untilMs !== undefined) return untilMs > timeMs;
      return fromMs > timeMs || number === lasting?.number;
    });
  }

  /**
   * The entries with a lower number that may still be in force once others are added: the rest can be
   * deleted with them.
   */
  liveBelow(number: number, added: readonly HistoryEntry[]): number[] {
    const newest = added.at(-1);
    const older: Numbered<HistoryEntry>[] = [];
    const unplanned = this.#unplannedBefore(number);
    if (unplanned !== undefined) {
      const addedBefore = added.slice(0, Math.max(unplanned.number + this.#limit - this.last, 0));
      const isNewest = unplanned === this.#newestUnplanned && !addedBefore.some(isUnplanned);
      if (isNewest || unplanned === this.#keptUnplanned) older.push(unplanned);
    }
    for (const entry of this.#planned.values()) {
      if (entry.number >= number) break;
      older.push(entry);
    }
    return stillLive(older, newest ? dropTimeOf(newest) : 0).map((entry) => entry.number);
  }

  /** @param number The number after `last`. The first record that is added may have any. */
  add(record: HistoryRecord, number = this.last + 1): void {
    if (number !== this.last + 1) this.#startAt(number);
    if (isEntry(record)) this.#addEntry({ ...record, number });
    else this.#cancel(record);
    const timeMs = dropTimeOf(record);
    const dropped = this.#tail.add(record);
    if (dropped !== undefined) this.#leaveTail({ ...dropped, number: this.first - 1 }, timeMs);
    if (2 * ++this.#addedSinceCheck >= this.#kept.size) this.#checkKept(timeMs);
  }

  /**
   * Adds a record that was kept although it is older than the newest ones. It comes before any that
   * `add` adds, and after those kept before.
   */
  addKept(record: HistoryRecord, number: number): void {
    this.#startAt(number + 1);
    // The next record that is added checks all.
    this.#addedSinceCheck = Number.POSITIVE_INFINITY;
    if (!isEntry(record)) {
      this.#cancel(record);
      return;
    }
    const entry = { ...record, number };
    this.#kept.set(number, entry);
    this.#addEntry(entry);
    if (!hasWindow(entry)) this.#keptUnplanned = entry;
  }

  /** Copies as many of the newest records as the limit allows, and those that are kept. */
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
    this.#keptUnplanned = other.#keptUnplanned;
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
    else this.#dropKept(number);
    if (this.#newestUnplanned?.number === number)
      this.#newestUnplanned = this.#unplannedBefore(number);
  }

  /** The newest entry before a number that was neither planned nor canceled. */
  #unplannedBefore(number: number): Numbered<HistoryEntry> | undefined {
    if (this.#newestUnplanned && this.#newestUnplanned.number < number)
      return this.#newestUnplanned;
    for (let before = number - 1; before >= this.first; before--) {
      const entry = this.entryAt(before);
      if (entry && isUnplanned(entry) && entry.canceledAtMs === undefined) return entry;
    }
    return this.#keptUnplanned;
  }

  #startAt(number: number): void {
    if (this.last >= this.first) throw new Error(`record ${this.last + 1} is missing`);
    this.#tail.restartAt(number);
  }

  #leaveTail(record: Numbered, timeMs: number): void {
    if (!isEntry(record) || record.canceledAtMs !== undefined) return;
    const { number } = record;
    if (hasWindow(record)) {
      if (stillLive([record], timeMs).length > 0) this.#kept.set(number, record);
      else this.#planned.delete(number);
      return;
    }
    if (this.#keptUnplanned) this.#dropKept(this.#keptUnplanned.number);
    if (this.#newestUnplanned?.number !== number) return;
    this.#kept.set(number, record);
    this.#newestUnplanned = record;
    this.#keptUnplanned = record;
  }

  /** Drops the entries that no longer have to be kept. */
  #checkKept(timeMs: number): void {
    this.#addedSinceCheck = 0;
    const live = new Set(stillLive([...this.#kept.values()], timeMs));
    for (const entry of this.#kept.values()) if (!live.has(entry)) this.#dropKept(entry.number);
  }

  #dropKept(number: number): void {
    this.#kept.delete(number);
    this.#planned.delete(number);
    if (this.#keptUnplanned?.number === number)
      this.#keptUnplanned = [...this.#kept.values()].findLast(isUnplanned);
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
