// A conversation with any TCP service: sends each typed line, and displays each received one.
// Whether the service awaits input is unknown, so there is always a prompt.
//
// An unfinished line from the service is its prompt (`login: `), and is shown instead of the
// default one. When the user has answered it, that line is complete, and already on the screen.

import { escapeControls } from '../../protocol/plainText.ts';
import {
  type Conversation,
  type Effect,
  MAX_SHOWN_LENGTH,
  type Speaker,
  TOO_LONG_TO_SHOW,
} from './conversation.ts';

export type LineEnd = '\n' | '\r\n';

export interface LineModeOptions {
  /** Ends each line that is sent; LF by default. */
  readonly lineEnd?: LineEnd;
}

/**
 * In characters, as displayed. A longer unfinished line is not a prompt, and is shown when it ends.
 */
const MAX_PROMPT_LENGTH = 256;

/** Words in a prompt that ask for a secret. */
const PASSWORD_PROMPT = /pass(word|phrase|code)|secret|\bpin\b/i;

export class LineMode implements Conversation {
  readonly #options: LineModeOptions;
  readonly #defaultPrompt: string;
  /** The text that the service has sent since its last LF. */
  #partial = '';
  /** The unfinished line is too long: the rest of it is discarded. */
  #isSkipping = false;
  /** The prompt on the screen, if there is one. */
  #prompt: string | undefined;
  #isOver = false;

  /**
   * @param name The name of the service, for the default prompt.
   * @param options Read each time they matter, so they may change during the conversation.
   */
  constructor(name: string, options: LineModeOptions = {}) {
    this.#options = options;
    this.#defaultPrompt = `${escapeControls(name)}> `;
  }

  start(): Effect[] {
    return this.#ask();
  }

  typed(text: string): Effect[] {
    if (this.#prompt === undefined) return [];
    if (this.#servicePrompt() !== undefined) this.#partial = '';
    return [{ do: 'send', text: `${text}${this.#options.lineEnd ?? '\n'}` }, ...this.#ask()];
  }

  received(text: string): Effect[] {
    if (this.#isOver) return [];
    const lines = this.#takeLines(text);
    const hasNothingToShow = lines.length === 0 && this.#nextPrompt() === this.#prompt;
    if (this.#prompt === undefined || hasNothingToShow) return lines;
    return [{ do: 'stopAsking' }, ...lines, ...this.#ask()];
  }

  closed(reason: string): Effect[] {
    if (this.#isOver) return [];
    this.#isOver = true;
    const effects: Effect[] = this.#prompt === undefined ? [] : [{ do: 'stopAsking' }];
    const rest = withoutCr(this.#partial);
    if (rest !== '') effects.push(print('server', rest));
    effects.push(print('note', `[${reason}]`), { do: 'end', ending: 'lost' });
    this.#prompt = undefined;
    return effects;
  }

  /** Displays the lines that have ended, and keeps the unfinished one. */
  #takeLines(text: string): Effect[] {
    const shown: Effect[] = [];
    let start = 0;
    for (let lf = text.indexOf('\n'); lf !== -1; lf = text.indexOf('\n', start)) {
      this.#append(text.slice(start, lf), shown);
      if (!this.#isSkipping) shown.push(print('server', withoutCr(this.#partial)));
      this.#partial = '';
      this.#isSkipping = false;
      start = lf + 1;
    }
    this.#append(text.slice(start), shown);
    return shown;
  }

  #append(piece: string, shown: Effect[]): void {
    if (this.#isSkipping) return;
    this.#partial += piece;
    if (this.#partial.length <= MAX_SHOWN_LENGTH) return;
    this.#partial = '';
    this.#isSkipping = true;
    shown.push(print('note', TOO_LONG_TO_SHOW));
  }

  #ask(): Effect[] {
    this.#prompt = this.#nextPrompt();
    const isPassword = PASSWORD_PROMPT.test(this.#servicePrompt() ?? '');
    return [{ do: 'ask', for: isPassword ? 'password' : 'line', prompt: this.#prompt }];
  }

  #nextPrompt(): string {
    return this.#servicePrompt() ?? this.#defaultPrompt;
  }

  /**
   * The unfinished line as it is displayed; `undefined` if there is none, or it is not a prompt.
   */
  #servicePrompt(): string | undefined {
    if (this.#partial.length > MAX_PROMPT_LENGTH) return undefined;
    const shown = escapeControls(withoutCr(this.#partial));
    return shown !== '' && shown.length <= MAX_PROMPT_LENGTH ? shown : undefined;
  }
}

/** A line may end in CRLF. */
function withoutCr(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

function print(speaker: Speaker, line: string): Effect {
  return { do: 'print', line: escapeControls(line), speaker };
}
