// The lines that wait to be printed. The queue is bounded: if too many wait, the oldest are dropped.

/** The limit in UTF-16 units: more than a whole history of long messages. */
const MAX_LENGTH = 16 * 1024 * 1024;

/** @typeParam Line A string, or an object with the length of one. */
export class OutputQueue<Line extends { readonly length: number }> {
  readonly #maxLines: number;
  #lines: Line[] = [];
  /** In UTF-16 units. */
  #length = 0;

  /**
   * @param maxLines How many of the newest lines are always kept, if they are not too long
   *   together; at most twice as many wait.
   */
  constructor(maxLines: number) {
    this.#maxLines = maxLines;
  }

  add(line: Line): void {
    this.#lines.push(line);
    this.#length += line.length;
    if (this.#lines.length > 2 * this.#maxLines || this.#length > MAX_LENGTH) this.#dropOldest();
  }

  /** Takes all lines. */
  take(): Line[] {
    const lines = this.#lines;
    this.#lines = [];
    this.#length = 0;
    return lines;
  }

  /** Frees half of the queue, so it is rare. */
  #dropOldest(): void {
    const lines = this.take();
    let first = lines.length;
    while (first > 0 && lines.length - first < this.#maxLines) {
      const length = lines[first - 1]?.length ?? 0;
      if (this.#length + length > MAX_LENGTH / 2) break;
      this.#length += length;
      first--;
    }
    this.#lines = lines.slice(first);
  }
}
