// Stores the lines that were typed, in the browser and for each target separately. Passwords are
// never passed to it.

import { LineHistory } from '../editor/lineHistory.ts';

/** The history of a target, stored as it grows. */
export class StoredHistory {
  readonly lines: LineHistory;
  readonly #storage: Storage | undefined;
  readonly #key: string;
  readonly #unstored: string[] = [];

  /** @param key Identifies the target. */
  constructor(storage: Storage | undefined, key: string) {
    this.#storage = storage;
    this.#key = key;
    this.lines = this.#load();
  }

  /** Adds a line. Lines of the same task, as from a paste, are stored together. */
  add(line: string): void {
    this.lines.add(line);
    if (this.#unstored.push(line) > 1) return;
    queueMicrotask(() => this.#store(this.#unstored.splice(0)));
  }

  /** @returns An empty history if there is none, or no storage. */
  #load(): LineHistory {
    try {
      return new LineHistory(parseLines(this.#storage?.getItem(this.#key) ?? '[]'));
    } catch {
      return new LineHistory();
    }
  }

  /** Appends lines to the stored history, which other tabs may have extended since it was loaded. */
  #store(lines: readonly string[]): void {
    const history = this.#load();
    for (const line of lines) history.add(line);
    try {
      this.#storage?.setItem(this.#key, JSON.stringify(history.lines));
    } catch {
      // Full or blocked: the history lasts as long as the page is open.
    }
  }
}

/** Skips entries that are not a line: another program may have written to the key. */
function parseLines(text: string): string[] {
  const value: unknown = JSON.parse(text);
  return Array.isArray(value) ? value.filter(isLine) : [];
}

function isLine(value: unknown): value is string {
  return typeof value === 'string' && !/[\r\n]/.test(value);
}
