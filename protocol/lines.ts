// Turns chunks into lines (PROTOCOL.md, "Framing").
// TCP chooses the chunk boundaries; nothing here may depend on them.
//
// The server feeds byte strings: one character per byte, U+0000 to U+00FF, which Node calls
// 'latin1'. Searching and cutting those is the quickest thing JavaScript does with bytes, and a
// limit in characters is then a limit in bytes. Clients feed decoded text; the rules are the same.

/** The longest line the server takes, in bytes, its LF not counted. */
export const MAX_LINE_BYTES = 4096;

/**
 * V8 copies shorter slices; a longer one points into the chunk it was cut from, and keeps all of it
 * (v8/src/objects/string.h, SlicedString::kMinLength).
 */
const MIN_POINTING_LENGTH = 13;

/** Stands in for a line over the limit; the line itself is gone. */
export const TOO_LONG: unique symbol = Symbol('line too long');

export class LineReader {
  readonly #maxLength: number;
  #input = '';
  #at = 0;
  #isSkipping = false;
  #hasSeenLf = false;

  /** @param maxLength The longest line, in characters, its LF not counted. */
  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  /** Whether any chunk so far held an LF. */
  get hasSeenLf(): boolean {
    return this.#hasSeenLf;
  }

  /** What was fed and is not yet part of a line taken, white space at both ends dropped. */
  get rest(): string {
    return trimmed(this.#input, this.#at, this.#input.length);
  }

  /**
   * Feeds the next chunk, of any length. Take every line before feeding more:
   * memory is then bounded.
   */
  push(chunk: string): void {
    this.#hasSeenLf ||= chunk.includes('\n');
    this.#append(chunk);
  }

  /** Ends the line under way, as an LF from the peer would. */
  endLine(): void {
    this.#append('\n');
  }

  /**
   * Takes the next line: white space at both ends dropped, blank lines passed over.
   *
   * @returns The line, which keeps nothing of its chunk in memory; `TOO_LONG` once for each line over
   *   the limit, as soon as that is certain; `undefined` where the next line has not ended yet.
   */
  next(): string | typeof TOO_LONG | undefined {
    for (;;) {
      const start = this.#at;
      const lf = this.#input.indexOf('\n', start);
      if (lf === -1) return this.#unended();

      this.#at = lf + 1;
      if (this.#isSkipping) {
        this.#isSkipping = false;
        continue;
      }
      if (lf - start > this.#maxLength) return TOO_LONG;

      const line = trimmed(this.#input, start, lf);
      if (line !== '') return ownCopy(line);
    }
  }

  #unended(): typeof TOO_LONG | undefined {
    const isTooLong = this.#input.length - this.#at > this.#maxLength;
    if (!this.#isSkipping && !isTooLong) {
      this.#dropTaken();
      return undefined;
    }

    this.#input = '';
    this.#at = 0;
    if (this.#isSkipping) return undefined;
    this.#isSkipping = true;
    return TOO_LONG;
  }

  /** Between chunks, only the line under way is kept: a connection may be idle for days. */
  #dropTaken(): void {
    if (this.#at === 0) return;
    this.#input = ownCopy(this.#input.slice(this.#at));
    this.#at = 0;
  }

  #append(chunk: string): void {
    this.#input = this.#input.slice(this.#at) + chunk;
    this.#at = 0;
  }
}

/** The same text in memory of its own. */
export function ownCopy(text: string): string {
  // Joining makes a new string of both parts, and slicing points into that one.
  return text.length < MIN_POINTING_LENGTH ? text : ` ${text}`.slice(1);
}

/** Drops white space at both ends of a line. */
export function trimLine(line: string): string {
  return trimmed(line, 0, line.length);
}

// Not String.trim: that also drops U+00A0, which in a byte string is the last byte of an 'à'.
function trimmed(input: string, start: number, end: number): string {
  while (start < end && isWhiteSpace(input.charCodeAt(start))) start++;
  while (end > start && isWhiteSpace(input.charCodeAt(end - 1))) end--;
  return input.slice(start, end);
}

/** Space, TAB, LF, VT, FF and CR: what C's isspace() means in ASCII. */
function isWhiteSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}
