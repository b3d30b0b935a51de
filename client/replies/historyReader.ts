// Collects the reply to MSGHIST, in bounded memory. Pure.

import { LineReader, MAX_LINE_BYTES, TOO_LONG } from '../../protocol/lines.ts';
import { escapeControls } from '../../protocol/plainText.ts';
import { MAX_SHOWN_LENGTH, TOO_LONG_TO_SHOW } from '../dialogue/conversation.ts';
import { HistoryLineReader } from './historyLineReader.ts';

export interface StoredMessage {
  /** The time at which it was stored: RFC 3339, in UTC. */
  time: string;
  /** Safe to display. */
  message: string;
}

export type HistoryResult =
  | { is: 'incomplete' }
  /** All messages, oldest first. */
  | { is: 'complete'; messages: readonly StoredMessage[] }
  /** The server sent another reply, or a line that is not an entry. */
  | { is: 'rejected'; reply: string };

/** The text to send. QUIT makes the server close the connection after the history. */
export const HISTORY_REQUEST = 'MSGHIST\nQUIT\n';

/** The maximum number of messages to keep: the newest ones of a longer history. */
const MAX_MESSAGES = 10_000;

/** Enough for MAX_MESSAGES messages of the maximum length. A hostile server sends longer ones. */
const MAX_CHARACTERS = MAX_MESSAGES * MAX_LINE_BYTES;

// RFC 3339, section 5.6, in UTC (PROTOCOL.md).
const ENTRY = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z) (.+)$/su;

export class HistoryReader {
  readonly #lines = new LineReader(MAX_SHOWN_LENGTH);
  readonly #events = new HistoryLineReader();
  readonly #messages: StoredMessage[] = [];
  #characters = 0;
  #result: HistoryResult = { is: 'incomplete' };

  /**
   * @param text Decoded text from the server. A chunk may end anywhere.
   * @returns The result so far. Once it is complete or rejected, it no longer changes.
   */
  receive(text: string): HistoryResult {
    this.#lines.push(text);
    while (this.#result.is === 'incomplete') {
      const line = this.#lines.next();
      if (line === undefined) break;
      this.#receiveLine(line);
    }
    return this.#result;
  }

  #receiveLine(line: string | typeof TOO_LONG): void {
    if (line === TOO_LONG) {
      this.#result = { is: 'rejected', reply: TOO_LONG_TO_SHOW };
      return;
    }
    const event = this.#events.receiveLine(line);
    switch (event.is) {
      case 'accepted':
        break;
      case 'entry':
        this.#addEntry(line);
        break;
      case 'end':
        this.#result = { is: 'complete', messages: this.#messages };
        break;
      case 'rejected':
        this.#result = event;
        break;
      default:
        event satisfies never;
    }
  }

  #addEntry(line: string): void {
    const [, time, message] = ENTRY.exec(line) ?? [];
    if (time === undefined || message === undefined) {
      this.#result = { is: 'rejected', reply: escapeControls(line) };
      return;
    }
    const stored = { time, message: escapeControls(message) };
    this.#messages.push(stored);
    this.#characters += stored.message.length;
    while (this.#messages.length > MAX_MESSAGES || this.#characters > MAX_CHARACTERS) {
      this.#characters -= this.#messages.shift()?.message.length ?? 0;
    }
  }
}
