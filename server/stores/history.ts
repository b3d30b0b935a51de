// The newest stored messages, numbered from 1. A slow reader keeps the number of its next entry,
// not a copy of the history, so a thousand slow readers cost no memory.

export interface HistoryEntry {
  message: string;
  /** When it was stored, in milliseconds since 1970 (UTC). */
  storedAtMs: number;
}

export class History {
  readonly #limit: number;
  readonly #entries: HistoryEntry[] = [];
  #first: number;

  /**
   * @param limit How many entries are kept, at least 1; the oldest are dropped.
   * @param first The number of the first entry.
   */
  constructor(limit: number, first = 1) {
    this.#limit = limit;
    this.#first = first;
  }

  /** The number of the oldest entry kept. */
  get first(): number {
    return this.#first;
  }

  /** The number of the newest entry; `first - 1` if there is none. */
  get last(): number {
    return this.#first + this.#entries.length - 1;
  }

  /** @returns The entry with a number; `undefined` if it was dropped, or is not stored yet. */
  at(number: number): HistoryEntry | undefined {
    return this.#entries[number - this.#first];
  }

  /** The newest entry. */
  get latest(): HistoryEntry | undefined {
    return this.#entries.at(-1);
  }

  /** Drops all entries. @param number The number of the next entry, greater than `last`. */
  restartAt(number: number): void {
    this.#entries.length = 0;
    this.#first = number;
  }

  add(entry: HistoryEntry): void {
    this.#entries.push(entry);
    if (this.#entries.length <= this.#limit) return;
    this.#entries.shift();
    this.#first++;
  }
}
