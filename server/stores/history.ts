// The records of a store in memory, numbered from 1: the newest ones, and those older entries that
// may still be in force. Without the latter, many messages would drop a planned one before its time.
//
// All replicas of a history drop the same entries: the time that decides is that of the newest
// record, not of a clock.

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
  readonly #tail: Tail<HistoryRecord>;
  /** Older entries than those in the tail, by number, in order. */
  readonly #kept = new Map<number, Numbered<HistoryEntry>>();
  /** Every planned entry that is not cancelled, by number, in order. */
  readonly #planned = new Map<number, Numbered<HistoryEntry>>();
  /** The newest entry that was neither planned nor cancelled. It supersedes all such before it. */
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

  /** The numbers of the older entries that are kept, in order. */
  get keptNumbers(): number[] {
    return [...this.#kept.keys()];
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

  /** The planned entries that are in force at a time by their window, or will be, in order. */
  planned(timeMs: number): Numbered<HistoryEntry>[] {
    const lasting = this.#lasting(timeMs);
    return [...this.#planned.values()].filter((entry) => isLive(entry, timeMs, lasting));
  }

  /**
   * The entries with a lower number that may still be in force once records are added: the rest can
   * be deleted with them.
   */
  liveBelow(number: number, added: readonly HistoryRecord[]): number[] {
    const timeMs = added.at(-1)?.storedAtMs ?? 0;
    const unplanned = added.findLast((record) => isEntry(record) && !hasWindow(record));
    const lasting =
      unplanned && isEntry(unplanned)
        ? inForceAt(
            [...this.#endless(), { ...unplanned, number: this.last + added.length }],
            timeMs,
          )
        : this.#lasting(timeMs);
    return [...this.#candidates()]
      .filter((entry) => entry.number < number && isLive(entry, timeMs, lasting))
      .map((entry) => entry.number);
  }

  /**
   * @param number Greater than `last`. Those between were dropped before.
   */
  add(record: HistoryRecord, number = this.last + 1): void {
    if (number > this.last + 1) this.#restartAt(number, record.storedAtMs);
    if (isEntry(record)) this.#addEntry({ ...record, number });
    else this.#cancel(record);
    const dropped = this.#tail.add(record);
    if (dropped !== undefined) this.#drop(dropped, this.first - 1, record.storedAtMs);
    if (++this.#addedSinceCheck >= this.#kept.size) this.#checkKept(record.storedAtMs);
  }

  #addEntry(entry: Numbered<HistoryEntry>): void {
    if (entry.cancelledAtMs !== undefined) return;
    if (hasWindow(entry)) this.#planned.set(entry.number, entry);
    else this.#newestUnplanned = entry;
  }

  #cancel({ cancels, storedAtMs }: Cancellation): void {
    const entry = this.entryAt(cancels);
    if (entry === undefined || entry.cancelledAtMs !== undefined) return;
    this.#planned.delete(cancels);
    const { number, ...record } = entry;
    if (number >= this.first) this.#tail.replace(number, { ...record, cancelledAtMs: storedAtMs });
    else this.#kept.delete(number);
    if (this.#newestUnplanned?.number === number)
      this.#newestUnplanned = this.#unplannedBefore(number);
  }

  #unplannedBefore(number: number): Numbered<HistoryEntry> | undefined {
    for (let before = number - 1; before >= this.first; before--) {
      const entry = this.entryAt(before);
      if (entry && !hasWindow(entry) && entry.cancelledAtMs === undefined) return entry;
    }
    return [...this.#kept.values()].findLast((entry) => !hasWindow(entry));
  }

  /** The records before the next one are missing. */
  #restartAt(next: number, timeMs: number): void {
    const { first } = this;
    const dropped = this.#tail.restartAt(next);
    for (const [index, record] of dropped.entries()) this.#drop(record, first + index, timeMs);
  }

  /** A record has left the tail. */
  #drop(record: HistoryRecord, number: number, timeMs: number): void {
    const newest = this.#newestUnplanned?.number ?? 0;
    if (!isEntry(record) || (!hasWindow(record) && number < newest)) return;
    const entry = { ...record, number };
    if (isLive(entry, timeMs, this.#lasting(timeMs))) this.#kept.set(number, entry);
    else this.#forget(number);
  }

  /** Drops the entries that no longer have to be kept. */
  #checkKept(timeMs: number): void {
    this.#addedSinceCheck = 0;
    if (this.#kept.size === 0) return;
    const lasting = this.#lasting(timeMs);
    for (const entry of this.#kept.values()) {
      if (isLive(entry, timeMs, lasting)) continue;
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

/**
 * Whether an entry is in force at some time from `timeMs` on, if no other is stored or cancelled.
 *
 * @param lasting The entry that is in force once every window has ended.
 */
function isLive(
  entry: Numbered<HistoryEntry>,
  timeMs: number,
  lasting: Numbered<HistoryEntry> | undefined,
): boolean {
  const { fromMs = timeMs, untilMs = Number.POSITIVE_INFINITY } = entry;
  if (entry.cancelledAtMs !== undefined || untilMs <= timeMs) return false;
  if (fromMs > timeMs || lasting === undefined || lasting.number === entry.number) return true;
  return entry.number > lasting.number ? supersedes(entry, lasting) : !supersedes(lasting, entry);
}
