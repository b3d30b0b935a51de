// Writes what a target sends as lines of an asciicast v2 file
// (https://docs.asciinema.org/manual/asciicast/v2/). TCP chooses the chunk boundaries; nothing in a
// recording may depend on them.
//
// - Bytes are decoded as UTF-8, invalid ones as U+FFFD.
// - LF becomes CR LF, as a terminal driver does it (ONLCR, termios(3)), because a player shows the
//   text on a terminal. CR LF stays as it is.
// - Control characters are escaped in the file, so that `cat` of it controls no terminal. A player
//   still performs them.

/** The size of the terminal. A target does not know the size of the page. */
const WIDTH = 80;
const HEIGHT = 24;

/**
 * What JSON does not escape, and a terminal may obey: DEL, C1, and characters that change the
 * direction or the lines of a text (UAX #9; ECMA-262, section "Line Terminators").
 */
const UNSAFE = /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** LF without CR. */
const BARE_LF = /(?<!\r)\n/g;

/** @param timestamp In seconds since 1970 (Unix time). */
export function headerLine(title: string, timestamp: number): string {
  return toLine({ version: 2, width: WIDTH, height: HEIGHT, timestamp, title });
}

/** A marker: players list it beside the output, and show nothing on the terminal. */
export function markerLine(seconds: number, label: string): string {
  return eventLine(seconds, 'm', label);
}

export class CastEncoder {
  // A byte order mark is output like any other.
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #endsWithCr = false;

  /**
   * Encodes output.
   *
   * @param seconds The time since the beginning of the session.
   * @returns A line; an empty string if the bytes are only the beginning of a character.
   */
  output(seconds: number, bytes: Uint8Array): string {
    return this.#line(seconds, this.#decoder.decode(bytes, { stream: true }));
  }

  /** Ends the output, or a part of it: what follows does not complete its last character. */
  end(seconds: number): string {
    return this.#line(seconds, this.#decoder.decode());
  }

  #line(seconds: number, text: string): string {
    if (text === '') return '';
    const isSplitCrLf = this.#endsWithCr && text.startsWith('\n');
    this.#endsWithCr = text.endsWith('\r');
    const converted = text.replace(BARE_LF, '\r\n');
    return eventLine(seconds, 'o', isSplitCrLf ? converted.slice(1) : converted);
  }
}

function eventLine(seconds: number, code: 'o' | 'm', data: string): string {
  return toLine([Number(seconds.toFixed(6)), code, data]);
}

function toLine(value: unknown): string {
  return `${JSON.stringify(value).replace(UNSAFE, escapeCharacter)}\n`;
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
