// Turns chunks into lines (PROTOCOL.md, "Framing").
// TCP chooses the chunk boundaries; nothing here may depend on them.
//
// The server feeds byte strings: one character per byte, U+0000 to U+00FF, which Node calls
// 'latin1'. Searching and cutting those is the quickest thing JavaScript does with bytes, and a
// limit in characters is then a limit in bytes. Clients feed decoded text; the rules are the same.

import { BYTE_ORDER_MARK } from './byteOrderMark.ts';

/** The longest line the server takes, in bytes; its LF, and NULs at its ends, are not counted. */
export const MAX_LINE_BYTES = 4096;

/**
 * V8 copies shorter slices; a longer one points into the chunk it was cut from, and keeps all of it
 * (v8/src/objects/string.h, SlicedString::kMinLength).
 */
const MIN_POINTING_LENGTH = 13;

/** How a telnet that sends each key by itself ends a line (RFC 854, "The NVT printer and keyboard"). */
const CR_NUL = '\r\0';

const NUL = 0;

/** Stands in for a line over the limit; the line itself is gone. */
export const TOO_LONG: unique symbol = Symbol('line too long');

export class LineReader {
  readonly #maxLength: number;
  #input = '';
  #at = 0;
  #isSkipping = false;
  #hasSeenLineEnd = false;
  /** Whether a line that `endLine` ended held a CR. */
  #hasSeenCr = false;
  /** Whether the line under way is the first: a byte order mark may stand before it. */
  #isFirst = true;

  /**
   * @param maxLength The longest line, in characters. Its LF (or the NUL of CR NUL) is not counted, nor
   *   are NULs at its ends: a C program may send a buffer of any size.
   */
  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  /** Whether the chunks so far held the end of a line. */
  get hasSeenLineEnd(): boolean {
    return this.#hasSeenLineEnd;
  }

  /** What was fed and is not yet part of a line taken, white space at both ends dropped. */
  get rest(): string {
    return this.#trimmed(this.#at, this.#input.length);
  }

  /**
   * Whether what was fed and is not yet part of a line taken may be a whole line of a peer that ends
   * none with LF. One that has sent a CR ends its lines with CR: `socat -,raw`, Tera Term.
   */
  get mayBeWhole(): boolean {
    const input = this.#input.slice(this.#at);
    return input.endsWith('\r') || !(this.#hasSeenCr || input.includes('\r'));
  }

  /** Whether it ends with CR. */
  get endsWithCr(): boolean {
    return this.#input.endsWith('\r');
  }

  /**
   * Feeds the next chunk, of any length. Take every line before feeding more:
   * memory is then bounded.
   */
  push(chunk: string): void {
    const text = this.#withLfs(chunk);
    this.#hasSeenLineEnd ||= text.includes('\n');
    this.#append(text);
  }

  /** Ends the line under way, as an LF from the peer would. */
  endLine(): void {
    this.#hasSeenCr ||= this.#input.includes('\r', this.#at);
    this.#append('\n');
  }

  /**
   * Takes the next line: white space at both ends dropped, blank lines passed over, and a byte order
   * mark at the very start.
   *
   * @returns The line, which keeps nothing of its chunk in memory; `TOO_LONG` once for each line over
   *   the limit, as soon as that is certain; `undefined` where the next line has not ended yet.
   */
  next(): string | typeof TOO_LONG | undefined {
    for (;;) {
      this.#skipNuls();
      const start = this.#at;
      const lf = this.#input.indexOf('\n', start);
      if (lf === -1) return this.#unended();

      const line = this.#trimmed(start, lf);
      const isTooLong = this.#isTooLong(lf);
      this.#at = lf + 1;
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

  #unended(): typeof TOO_LONG | undefined {
    if (!this.#isSkipping && !this.#isTooLong(this.#input.length)) {
      this.#dropTaken();
      return undefined;
    }

    // A CR at the end may be the first half of CR NUL.
    this.#input = this.#input.endsWith('\r') ? '\r' : '';
    this.#at = 0;
    this.#isFirst = false;
    if (this.#isSkipping) return undefined;
    this.#isSkipping = true;
    return TOO_LONG;
  }

  /** Passes over the NULs before a line. */
  #skipNuls(): void {
    const start = this.#at;
    while (this.#input.charCodeAt(this.#at) === NUL) this.#at++;
    if (this.#at > start) this.#isFirst = false;
  }

  /** Whether what stands before `end` is over the limit, NULs at its end not counted. */
  #isTooLong(end: number): boolean {
    const limit = this.#at + this.#maxLength;
    while (end > limit && this.#input.charCodeAt(end - 1) === NUL) end--;
    return end > limit;
  }

  /** Makes CR NUL the CRLF that it stands for, also where a chunk ends between the two. */
  #withLfs(chunk: string): string {
    const isSplit = chunk.startsWith('\0') && this.#input.endsWith('\r');
    const text = isSplit ? `\n${chunk.slice(1)}` : chunk;
    return text.includes(CR_NUL) ? text.replaceAll(CR_NUL, '\r\n') : text;
  }

  /**
   * Between chunks, only the line under way is kept, up to the limit: a connection may be idle for
   * days, and NULs may come without end.
   */
  #dropTaken(): void {
    const end = this.#at + this.#maxLength;
    if (this.#at === 0 && this.#input.length <= end) return;
    this.#input = ownCopy(this.#input.slice(this.#at, end));
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

/**
 * Space, TAB, LF, VT, FF and CR, as C's isspace() has it in ASCII; and NUL, which C programs send
 * behind a string, and which fills their buffers.
 */
function isWhiteSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d) || code === 0;
}
