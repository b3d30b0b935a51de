// A conversation with any TCP service: sends each typed line, and displays each received one.
// Whether the service awaits input is unknown, so there is always a prompt.
//
// An unfinished line from the service is its prompt (`login: `), and is shown instead of the
// default one. When the user has answered it, that line is complete, and already on the screen.

import { escapeControls } from '../../protocol/plainText.ts';
import { type Conversation, type Effect, note, type PromptKind } from './conversation.ts';
import { ServiceOutput } from './serviceOutput.ts';

export type LineEnd = '\n' | '\r\n';

export interface LineModeOptions {
  /** Ends each line that is sent; LF by default. */
  readonly lineEnd?: LineEnd;
  /** Whether the colors of the service are shown; false by default. */
  readonly showsColor?: boolean;
  /** Whether an answer to a password prompt is never shown; by default, the user decides. */
  readonly hidesPasswords?: boolean;
  /** Recognizes a prompt that asks for a secret; by default, by its words. */
  readonly passwordPrompt?: RegExp;
}

/** Words in a prompt that ask for a secret. */
const PASSWORD_PROMPT = /pass(word|phrase|code)|secret|\bpin\b/i;

/** The notices about ECHO (PROTOCOL.md, "Notices"), and whether what is typed is hidden then. */
const ECHO_NOTICES: ReadonlyMap<string, boolean> = new Map([
  ['{"localEcho":false}', true],
  ['{"localEcho":true}', false],
]);

/** A service that ends the connection after a line has done what that line asked for, as `QUIT`. */
const CLEAN_CLOSE = / \(1000\)$/;

export class LineMode implements Conversation {
  readonly #options: LineModeOptions;
  readonly #defaultPrompt: string;
  readonly #output: ServiceOutput;
  /** The prompt on the screen, if there is one. */
  #prompt: string | undefined;
  /** Whether the service asked not to show what is typed. */
  #hidesInput = false;
  #hasSent = false;
  #isOver = false;

  /**
   * @param name The name of the service, for the default prompt.
   * @param options Read each time they matter, so they may change during the conversation, except
   *   `showsColor`.
   */
  constructor(name: string, options: LineModeOptions = {}) {
    this.#options = options;
    this.#defaultPrompt = `${escapeControls(name)}> `;
    this.#output = new ServiceOutput(options.showsColor ?? false);
  }

  start(): Effect[] {
    return this.#ask();
  }

  typed(text: string): Effect[] {
    if (this.#prompt === undefined) return [];
    if (this.#output.prompt !== undefined) this.#output.discardPrompt();
    this.#hasSent = true;
    return [{ do: 'send', text: `${text}${this.#options.lineEnd ?? '\n'}` }, ...this.#ask()];
  }

  received(text: string): Effect[] {
    if (this.#isOver) return [];
    const lines = this.#output.read(text);
    const hasNothingToShow = lines.length === 0 && this.#nextPrompt() === this.#prompt;
    if (this.#prompt === undefined || hasNothingToShow) return lines;
    return [{ do: 'stopAsking' }, ...lines, ...this.#ask()];
  }

  notified(text: string): Effect[] {
    const hidesInput = ECHO_NOTICES.get(text);
    if (hidesInput === undefined || hidesInput === this.#hidesInput) return [];
    this.#hidesInput = hidesInput;
    return this.#prompt === undefined ? [] : [{ do: 'stopAsking' }, ...this.#ask()];
  }

  closed(reason: string): Effect[] {
    if (this.#isOver) return [];
    this.#isOver = true;
    const effects: Effect[] = this.#prompt === undefined ? [] : [{ do: 'stopAsking' }];
    this.#prompt = undefined;
    const ending = this.#hasSent && CLEAN_CLOSE.test(reason) ? 'quit' : 'lost';
    return [...effects, ...this.#output.end(), note(reason), { do: 'end', ending }];
  }

  #ask(): Effect[] {
    this.#prompt = this.#nextPrompt();
    return [{ do: 'ask', for: this.#promptKind(), prompt: this.#prompt }];
  }

  #promptKind(): PromptKind {
    if (this.#hidesInput) return 'hidden';
    const { passwordPrompt = PASSWORD_PROMPT } = this.#options;
    if (!passwordPrompt.test(this.#output.prompt ?? '')) return 'line';
    return this.#options.hidesPasswords ? 'hidden' : 'password';
  }

  #nextPrompt(): string {
    return this.#output.prompt ?? this.#defaultPrompt;
  }
}
