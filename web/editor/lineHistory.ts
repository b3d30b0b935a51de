// The lines of before, oldest first. Pure; web/settings/storedHistory.ts keeps them.

/** Enough for months of messages, and for what a browser stores. */
const MAX_LINES = 500;
const MAX_CHARACTERS = 100_000;
/** No longer line is worth the others. */
const MAX_LINE_LENGTH = 10_000;

export class LineHistory {
  #lines: readonly string[];

  constructor(lines: readonly string[] = []) {
    this.#lines = bounded(lines);
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Adds a line; a blank one, the same as the last, or a very long one adds nothing. */
  add(line: string): void {
    if (line.trim() === '' || line === this.#lines.at(-1) || line.length > MAX_LINE_LENGTH) return;
    this.#lines = bounded([...this.#lines, line]);
  }

  /**
   * Looks for the newest line that holds a text.
   *
   * @param before The index it has to be below.
   * @returns Its index, or `undefined` where there is none.
   */
  find(text: string, before: number): number | undefined {
    for (let index = Math.min(before, this.#lines.length) - 1; index >= 0; index--) {
      if (this.#lines[index]?.includes(text)) return index;
    }
    return undefined;
  }
}

/** The newest lines, as many as may be kept. */
function bounded(lines: readonly string[]): readonly string[] {
  let characters = 0;
  let first = lines.length;
  while (first > 0 && lines.length - first < MAX_LINES) {
    characters += lines[first - 1]?.length ?? 0;
    if (characters > MAX_CHARACTERS) break;
    first--;
  }
  return lines.slice(first);
}
