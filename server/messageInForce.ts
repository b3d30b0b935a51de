// The message in force, and each change of it: by a new record, or by the clock.
//
// Reads recompute it when the history has grown, or when the clock has left the time for which the
// last answer holds, in either direction. So they are right whatever the clock did, and cost nothing
// while no message is planned. Changes by the clock are also announced: while one may come, the
// clock is read twice a second, since a timer of Node stands still while the machine sleeps.

import type { History } from './stores/history.ts';
import { type InForce, inForceAround } from './stores/inForce.ts';
import { type HistoryEntry, isEntry, type Numbered } from './stores/record.ts';
import type { ServedStore } from './stores/store.ts';
import { Tail } from './stores/tail.ts';

/** The longest delay of an announcement after the machine wakes, or its clock was set. */
const CLOCK_CHECK_MS = 500;

/** How many changes a watcher may lag behind. */
const MAX_CHANGES = 1000;

export interface MessageInForceOptions {
  store: ServedStore;
  /** In force while no entry is. */
  initialMessage: string;
  /** The time in milliseconds since 1970. */
  now?: () => number;
  /** Called with the message after the clock has changed it. */
  onClockChange?: (message: string) => void;
}

export class MessageInForce {
  /** Every message that came into force, in order. */
  readonly changes = new Tail<string>(MAX_CHANGES);
  readonly now: () => number;
  readonly #history: History;
  readonly #initialMessage: string;
  readonly #onClockChange: (message: string) => void;
  #current: InForce;
  /** The number of the entry whose message is the last of `changes`. */
  #lastChange: number | undefined;
  /** The newest record that `#current` takes into account. */
  #seen: number;
  /** The last of `changes` that was announced. */
  #announced = 0;
  #listener = () => {};
  #timer: NodeJS.Timeout | undefined;

  constructor({
    store,
    initialMessage,
    now = Date.now,
    onClockChange = () => {},
  }: MessageInForceOptions) {
    this.#history = store.history;
    this.#initialMessage = initialMessage;
    this.now = now;
    this.#onClockChange = onClockChange;
    this.#seen = store.history.last;
    this.#current = store.history.inForce(now());
    this.#lastChange = this.#current.entry?.number;
    this.#watchClock();
    store.onUpdate(() => this.#announce());
  }

  /** The entry in force; `undefined` if it is the initial message. */
  get entry(): Numbered<HistoryEntry> | undefined {
    if (this.#history.last !== this.#seen) {
      this.#takeRecords();
    } else if (!this.#holdsNow()) {
      this.#takeTime();
      // A reader was first to notice; the watchers follow.
      setImmediate(() => this.#announce());
    }
    return this.#current.entry;
  }

  get message(): string {
    return this.entry?.message ?? this.#initialMessage;
  }

  /** Sets the listener that is called after `changes` has grown. */
  onChange(listener: () => void): void {
    this.#listener = listener;
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Each new message that was in force, if only for a moment, is a change. */
  #takeRecords(): void {
    // What the clock changed before them was in force as well.
    if (!this.#holdsNow()) this.#takeTime();
    const { last } = this.#history;
    for (const record of this.#history.after(this.#seen)) {
      const wasInForce = isEntry(record) && record.fromMs === undefined && record.number < last;
      if (wasInForce) this.#addChange(record);
    }
    this.#seen = last;
    this.#replace(this.#history.inForce(this.now()));
  }

  /** The time has passed; the entries are those of the last answer. */
  #takeTime(): void {
    const isChanged = this.#replace(inForceAround(this.#current.candidates, this.now()));
    if (isChanged) this.#onClockChange(this.#current.entry?.message ?? this.#initialMessage);
  }

  /** @returns Whether the message in force is another one. */
  #replace(current: InForce): boolean {
    this.#current = current;
    this.#watchClock();
    const { entry } = this.#current;
    if (entry?.number === this.#lastChange) return false;
    this.#addChange(entry);
    return true;
  }

  #addChange(entry: Numbered<HistoryEntry> | undefined): void {
    this.#lastChange = entry?.number;
    this.changes.add(entry?.message ?? this.#initialMessage);
  }

  /** Whether the last answer still holds. */
  #holdsNow(): boolean {
    if (isEndless(this.#current)) return true;
    const { sinceMs, untilMs } = this.#current;
    const now = this.now();
    return sinceMs <= now && now < untilMs;
  }

  #watchClock(): void {
    clearTimeout(this.#timer);
    if (isEndless(this.#current)) return;
    const delayMs = Math.min(this.#current.untilMs - this.now(), CLOCK_CHECK_MS);
    this.#timer = setTimeout(() => this.#timerOnTimeout(), Math.max(delayMs, 0)).unref();
  }

  #timerOnTimeout(): void {
    if (this.#holdsNow()) {
      this.#watchClock();
      return;
    }
    this.#takeTime();
    this.#announce();
  }

  #announce(): void {
    if (this.#history.last !== this.#seen) this.#takeRecords();
    if (this.changes.last === this.#announced) return;
    this.#announced = this.changes.last;
    this.#listener();
  }
}

function isEndless({ sinceMs, untilMs }: InForce): boolean {
  return sinceMs === Number.NEGATIVE_INFINITY && untilMs === Number.POSITIVE_INFINITY;
}
