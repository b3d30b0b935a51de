// Splits a stream of chunks into lines (PROTOCOL.md, "Framing").
// TCP chooses the chunk boundaries; the result must not depend on them.
//
// The server passes byte strings: one character per byte, U+0000 to U+00FF, which Node calls
// 'latin1'. Searching and slicing a byte string is the fastest way to process bytes in JavaScript,
// and a limit in characters is then a limit in bytes. Clients pass decoded text; the same rules
// apply.

import { BYTE_ORDER_MARK } from './byteOrderMark.ts';

/** The longest line the server accepts, in bytes, without its LF and without NULs at either end. */
export const MAX_LINE_BYTES = 4096;

/**
 * V8 copies shorter slices. A longer slice references the string it was cut from, and so keeps all
 * of it in memory (v8/src/objects/string.h, SlicedString::kMinLength).
 */
const MIN_SLICED_LENGTH = 13;

/** The line end of a telnet client in character mode (RFC 854, "The NVT printer and keyboard"). */
const CR_NUL = '\r\0';

const NUL = 0;

/** Returned instead of a line over the limit, whose text is discarded. */
export const TOO_LONG: unique symbol = Symbol('line too long');

export class LineReader {
  readonly #maxLength: number;
  #input = '';
  /** The start of the next line in the input. */
  #position = 0;
  #isSkipping = false;
  #hasSeenLineEnd = false;
  /** Whether any line that `endLine` ended contained a CR. */
  #hasSeenCr = false;
  /** Whether the unfinished line is the first: it may start with a byte order mark. */
  #isFirst = true;

  /**
   * @param maxLength The longest line, in characters. Not counted: its LF, the NUL of CR NUL, and
   *   NULs at either end, since a C program may send a whole buffer of any size.
   */
  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  /** Whether any chunk contained a line end. */
  get hasSeenLineEnd(): boolean {
    return this.#hasSeenLineEnd;
  }

  /** The text after the last returned line, without white space at either end. */
  get unfinishedLine(): string {
    return this.#trimmed(this.#position, this.#input.length);
  }

  /**
   * Whether the unfinished line may be complete, if the peer never sends LF. A peer that has sent a
   * CR ends its lines with CR: `socat -,raw`, Tera Term.
   */
  get mayBeComplete(): boolean {
    const input = this.#input.slice(this.#position);
    return input.endsWith('\r') || !(this.#hasSeenCr || input.includes('\r'));
  }

  /** Whether the unfinished line ends with CR. */
  get endsWithCr(): boolean {
    return this.#input.endsWith('\r');
  }

  /**
   * Adds a chunk of any length. To bound memory, call `next` until it returns `undefined` before
   * adding another one.
   */
  push(chunk: string): void {
    const text = this.#replaceCrNul(chunk);
    this.#hasSeenLineEnd ||= text.includes('\n');
    this.#append(text);
  }

  /** Ends the unfinished line, as an LF from the peer would. */
  endLine(): void {
    this.#hasSeenCr ||= this.#input.includes('\r', this.#position);
    this.#append('\n');
  }

  /**
   * Returns the next line, without white space at either end. Skips blank lines, and a byte order
   * mark at the very start.
   *
   * @returns The line, which keeps no chunk in memory; `TOO_LONG` once for each line over the
   *   limit, as soon as it exceeds the limit; `undefined` if the next line has not ended yet.
   */
  next(): string | typeof TOO_LONG | undefined {
    for (;;) {
      this.#skipNuls();
      const start = this.#position;
      const lf = this.#input.indexOf('\n', start);
      if (lf === -1) return this.#checkUnfinishedLine();

      const line = this.#trimmed(start, lf);
      const isTooLong = this.#isTooLong(lf);
      this.#position = lf + 1;
      this.#isFirst = false;
      if (this.#isSkipping) {
        this.#isSkipping = false;
        continue;
      }
      if (isTooLong) return TOO_LONG;
      if (line !== '') return ownCopy(line);
    }
  }

  #trimmed(start: number, end: number): string {
    const hasMark = this.#isFirst && this.#input.startsWith(BYTE_ORDER_MARK, start);
    return trimmed(this.#input, hasMark ? start + BYTE_ORDER_MARK.length : start, end);
  }

  #checkUnfinishedLine(): typeof TOO_LONG | undefined {
    if (!this.#isSkipping && !this.#isTooLong(this.#input.length)) {
      this.#discardReturnedLines();
      return undefined;
    }

    // A trailing CR may be the first half of CR NUL.
    this.#input = this.#input.endsWith('\r') ? '\r' : '';
    this.#position = 0;
    this.#isFirst = false;
    if (this.#isSkipping) return undefined;
    this.#isSkipping = true;
    return TOO_LONG;
  }

  /** Skips NULs before a line. */
  #skipNuls(): void {
    const start = this.#position;
    while (this.#input.charCodeAt(this.#position) === NUL) this.#position++;
    if (this.#position > start) this.#isFirst = false;
  }

  /** Whether the line that ends before `end` is over the limit, not counting its trailing NULs. */
  #isTooLong(end: number): boolean {
    const limit = this.#position + this.#maxLength;
    while (end > limit && this.#input.charCodeAt(end - 1) === NUL) end--;
    return end > limit;
  }

  /** Replaces CR NUL by CRLF, even if a chunk ends between CR and NUL. */
  #replaceCrNul(chunk: string): string {
    const isSplit = chunk.startsWith('\0') && this.#input.endsWith('\r');
    const text = isSplit ? `\n${chunk.slice(1)}` : chunk;
    return text.includes(CR_NUL) ? text.replaceAll(CR_NUL, '\r\n') : text;
  }

  /**
   * Keeps only the unfinished line between chunks, up to the limit: a connection may be idle for
   * days, and a peer may send NULs without end.
   */
  #discardReturnedLines(): void {
    const end = this.#position + this.#maxLength;
    if (this.#position === 0 && this.#input.length <= end) return;
    this.#input = ownCopy(this.#input.slice(this.#position, end));
    this.#position = 0;
  }

  #append(chunk: string): void {
    this.#input = this.#input.slice(this.#position) + chunk;
    this.#position = 0;
  }
}

/** Copies a string, so that it does not reference the string it was sliced from. */
export function ownCopy(text: string): string {
  // Concatenation creates a new string, and the slice references that one.
  return text.length < MIN_SLICED_LENGTH ? text : ` ${text}`.slice(1);
}

/** Removes white space at both ends of a line. */
export function trimLine(line: string): string {
  return trimmed(line, 0, line.length);
}

// Not String.trim: it also removes U+00A0, which in a byte string is the last byte of an 'à'.
function trimmed(input: string, start: number, end: number): string {
  while (start < end && isWhiteSpace(input.charCodeAt(start))) start++;
  while (end > start && isWhiteSpace(input.charCodeAt(end - 1))) end--;
  return input.slice(start, end);
}

/**
 * Space, TAB, LF, VT, FF and CR, as in C's isspace() for ASCII; and NUL, with which C programs end
 * a string and fill their buffers.
 */
function isWhiteSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d) || code === 0;
}
