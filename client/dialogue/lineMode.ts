// A plain conversation with any TCP service: each line typed is sent as it is, each line that comes
// back is shown as it is. Nobody knows whose turn it is, so the person is always asked.
//
// What the service has said without ending the line is its prompt (`login: `), and stands where
// ours would. Once the person has answered, the line is whole, and on the screen already.

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
  /** What ends each line that is sent; LF unless told otherwise. */
  readonly lineEnd?: LineEnd;
}

/** In characters, as shown. What is longer is no prompt: it is shown once its line has ended. */
const MAX_PROMPT_LENGTH = 256;

/** What services write where they want an answer that nobody else is to see. */
const PASSWORD_PROMPT = /pass(word|phrase|code)|secret|\bpin\b/i;

export class LineMode implements Conversation {
  readonly #options: LineModeOptions;
  readonly #ownPrompt: string;
  /** What the service has said since its last LF. */
  #partial = '';
  /** The line under way was too long; its end is awaited. */
  #isSkipping = false;
  /** The prompt that stands on the screen, if the person is asked. */
  #prompt: string | undefined;
  #isOver = false;

  /**
   * @param name The service's, for the prompt where it has none of its own.
   * @param options Looked at each time: what they say may change.
   */
  constructor(name: string, options: LineModeOptions = {}) {
    this.#options = options;
    this.#ownPrompt = `${escapeControls(name)}> `;
  }

  start(): Effect[] {
    return this.#ask();
  }

  typed(text: string): Effect[] {
    if (this.#prompt === undefined) return [];
    if (this.#saidAsPrompt() !== undefined) this.#partial = '';
    return [{ do: 'send', text: `${text}${this.#options.lineEnd ?? '\n'}` }, ...this.#ask()];
  }

  received(text: string): Effect[] {
    if (this.#isOver) return [];
    const lines = this.#takeLines(text);
    const hasSaidNothing = lines.length === 0 && this.#nextPrompt() === this.#prompt;
    if (this.#prompt === undefined || hasSaidNothing) return lines;
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

  /** Shows the lines that have ended, and keeps what has not. */
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
    const isPassword = PASSWORD_PROMPT.test(this.#saidAsPrompt() ?? '');
    return [{ do: 'ask', for: isPassword ? 'password' : 'line', prompt: this.#prompt }];
  }

  #nextPrompt(): string {
    return this.#saidAsPrompt() ?? this.#ownPrompt;
  }

  /** The line under way, as a prompt shows it; `undefined` where there is none that can be one. */
  #saidAsPrompt(): string | undefined {
    if (this.#partial.length > MAX_PROMPT_LENGTH) return undefined;
    const shown = escapeControls(withoutCr(this.#partial));
    return shown !== '' && shown.length <= MAX_PROMPT_LENGTH ? shown : undefined;
  }
}

/** A line may end with CRLF. */
function withoutCr(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

function print(speaker: Speaker, line: string): Effect {
  return { do: 'print', line: escapeControls(line), speaker };
}
