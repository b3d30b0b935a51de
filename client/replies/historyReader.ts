// MSGHIST as a program reads it: what the server says goes in, the messages stored so far come out.
// Pure.

import { LineReader, MAX_LINE_BYTES, TOO_LONG } from '../../protocol/lines.ts';
import { escapeControls } from '../../protocol/plainText.ts';
import { END_OF_HISTORY, REPLY } from '../../protocol/replies.ts';
import { MAX_SHOWN_LENGTH, TOO_LONG_TO_SHOW } from '../dialogue/conversation.ts';

export interface StoredMessage {
  /** When it was stored: RFC 3339, in UTC. */
  time: string;
  /** It is safe to show. */
  message: string;
}

export type HistoryResult =
  | { is: 'incomplete' }
  /** All of it, oldest first. */
  | { is: 'complete'; messages: readonly StoredMessage[] }
  /** The server said something else. */
  | { is: 'refused'; reply: string };

/** What to send: the history, and no more after it. */
export const HISTORY_REQUEST = 'MSGHIST\nQUIT\n';

/** Of a history that is longer, the newest ones are kept. */
const MAX_MESSAGES = 10_000;

/** As long as that many of the longest messages: a hostile server sends longer ones. */
const MAX_CHARACTERS = MAX_MESSAGES * MAX_LINE_BYTES;

// RFC 3339, section 5.6, in UTC as PROTOCOL.md has it.
const ENTRY = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z) (.+)$/su;

export class HistoryReader {
  readonly #lines = new LineReader(MAX_SHOWN_LENGTH);
  readonly #messages: StoredMessage[] = [];
  #characters = 0;
  #isAccepted = false;
  #history: HistoryResult = { is: 'incomplete' };

  /**
   * Text came from the server, cut anywhere.
   *
   * @returns What is known by now. Once it is complete or refused it stays so.
   */
  received(text: string): HistoryResult {
    this.#lines.push(text);
    while (this.#history.is === 'incomplete') {
      const line = this.#lines.next();
      if (line === undefined) break;
      this.#heard(line);
    }
    return this.#history;
  }

  #heard(line: string | typeof TOO_LONG): void {
    if (line === TOO_LONG) {
      this.#history = { is: 'refused', reply: TOO_LONG_TO_SHOW };
      return;
    }
    if (!this.#isAccepted && line === REPLY.ok) {
      this.#isAccepted = true;
      return;
    }
    if (this.#isAccepted && line === END_OF_HISTORY) {
      this.#history = { is: 'complete', messages: this.#messages };
      return;
    }
    const [, time, message] = (this.#isAccepted && ENTRY.exec(line)) || [];
    if (time === undefined || message === undefined) {
      this.#history = { is: 'refused', reply: escapeControls(line) };
      return;
    }
    this.#keep({ time, message: escapeControls(message) });
  }

  #keep(stored: StoredMessage): void {
    this.#messages.push(stored);
    this.#characters += stored.message.length;
    while (this.#messages.length > MAX_MESSAGES || this.#characters > MAX_CHARACTERS) {
      this.#characters -= this.#messages.shift()?.message.length ?? 0;
    }
  }
}
