// The messages stored so far, numbered from 1 on, as many as are kept. Whoever reads it over time
// holds a number, not a copy: a thousand slow readers cost nothing.

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
   * @param limit How many entries are kept, at least 1; older ones are dropped.
   * @param first The number of the first entry to come.
   */
  constructor(limit: number, first = 1) {
    this.#limit = limit;
    this.#first = first;
  }

  /** The number of the oldest entry kept. */
  get first(): number {
    return this.#first;
  }

  /** The number of the newest entry; one less than `first` where there is none. */
  get last(): number {
    return this.#first + this.#entries.length - 1;
  }

  /** The entry of a number; `undefined` where it is dropped, or still to come. */
  at(number: number): HistoryEntry | undefined {
    return this.#entries[number - this.#first];
  }

  /** The newest entry. */
  get latest(): HistoryEntry | undefined {
    return this.#entries.at(-1);
  }

  /** Drops everything: the next entry has this number, which is a later one. */
  startAt(number: number): void {
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
