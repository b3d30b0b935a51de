// The output of a service that is used line by line: prints each line when it has ended, and knows
// the unfinished one.

import { escapeControls } from '../../protocol/plainText.ts';
import { Colors, withoutColors } from './colors.ts';
import { type Effect, MAX_SHOWN_LENGTH, TOO_LONG_TO_SHOW } from './conversation.ts';

/** In characters, as displayed. A longer unfinished line is not a prompt. */
const MAX_PROMPT_LENGTH = 256;

/** As received, with colors: a longer line is not even looked at, because chunks may be tiny. */
const MAX_PROMPT_SOURCE_LENGTH = 4 * MAX_PROMPT_LENGTH;

export class ServiceOutput {
  readonly #colors: Colors | undefined;
  /** The text that the service has sent since its last LF. */
  #partial = '';
  /** The unfinished line is too long: the rest of it is discarded. */
  #isSkipping = false;

  /** @param showsColor Whether the colors of the service are shown; otherwise they are escaped. */
  constructor(showsColor: boolean) {
    this.#colors = showsColor ? new Colors() : undefined;
  }

  /**
   * The unfinished line as it is displayed, without colors; `undefined` if there is none, or it is
   * too long for a prompt.
   */
  get prompt(): string | undefined {
    if (this.#partial.length > MAX_PROMPT_SOURCE_LENGTH) return undefined;
    const line = withoutCr(this.#partial);
    const shown = this.#colors === undefined ? escapeControls(line) : withoutColors(line);
    return shown !== '' && shown.length <= MAX_PROMPT_LENGTH ? shown : undefined;
  }

  /** Prints the lines that have ended, and keeps the unfinished one. */
  read(text: string): Effect[] {
    const shown: Effect[] = [];
    let start = 0;
    for (let lf = text.indexOf('\n'); lf !== -1; lf = text.indexOf('\n', start)) {
      this.#append(text.slice(start, lf), shown);
      if (!this.#isSkipping) shown.push(this.#takeLine());
      this.#isSkipping = false;
      start = lf + 1;
    }
    this.#append(text.slice(start), shown);
    return shown;
  }

  /** The unfinished line is complete, and on the screen already. */
  discardPrompt(): void {
    this.#takeLine();
  }

  /** Prints the unfinished line: nothing follows it. */
  end(): Effect[] {
    const rest = this.#takeLine();
    return rest.line === '' ? [] : [rest];
  }

  #append(piece: string, shown: Effect[]): void {
    if (this.#isSkipping) return;
    this.#partial += piece;
    if (this.#partial.length <= MAX_SHOWN_LENGTH) return;
    this.#partial = '';
    this.#isSkipping = true;
    shown.push({ do: 'print', line: TOO_LONG_TO_SHOW, speaker: 'note' });
  }

  #takeLine(): Effect & { do: 'print' } {
    const line = withoutCr(this.#partial);
    this.#partial = '';
    if (this.#colors === undefined) {
      return { do: 'print', line: escapeControls(line), speaker: 'server' };
    }
    const { plain, colored } = this.#colors.readLine(line);
    return { do: 'print', line: plain, speaker: 'server', colored };
  }
}

/** A line may end in CRLF. */
function withoutCr(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
