// The lines that were typed before, oldest first. Pure; web/settings/storedHistory.ts stores them.

import { smartCaseIndex } from './smartCase.ts';

/** Enough for months of messages, and small enough for a browser's storage. */
const MAX_LINES = 500;
const MAX_CHARACTERS = 100_000;
/** A longer line would displace too many others. */
const MAX_LINE_LENGTH = 10_000;

export class LineHistory {
  #lines: readonly string[];

  constructor(lines: readonly string[] = []) {
    this.#lines = newest(lines);
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Adds a line, unless it is blank, very long, or the same as the last one. */
  add(line: string): void {
    if (line.trim() === '' || line === this.#lines.at(-1) || line.length > MAX_LINE_LENGTH) return;
    this.#lines = newest([...this.#lines, line]);
  }

  /**
   * Finds the newest line that contains a text (smartCase.ts).
   *
   * @param before Only lines with a smaller index count.
   * @returns The line's index, or `undefined` if there is none.
   */
  find(text: string, before: number): number | undefined {
    for (let index = Math.min(before, this.#lines.length) - 1; index >= 0; index--) {
      if (smartCaseIndex(this.#lines[index] ?? '', text) >= 0) return index;
    }
    return undefined;
  }
}

/** The newest lines, as many as the limits allow. */
function newest(lines: readonly string[]): readonly string[] {
  let characters = 0;
  let first = lines.length;
  while (first > 0 && lines.length - first < MAX_LINES) {
    characters += lines[first - 1]?.length ?? 0;
    if (characters > MAX_CHARACTERS) break;
    first--;
  }
  return lines.slice(first);
}
