// What is sent of the messages, as byte strings: encoded once per message, not once per reader.

import { END_OF_HISTORY, REPLY } from '../protocol/replies.ts';
import type { HistoryEntry } from './stores/history.ts';
import type { MessageStore } from './stores/store.ts';

export class EncodedReplies {
  readonly #store: MessageStore;
  #message: string | undefined;
  #reply = '';
  #lineNumber = 0;
  #line = '';

  constructor(store: MessageStore) {
    this.#store = store;
  }

  /** `200 OK` and the message in force. */
  get reply(): string {
    if (this.#store.message !== this.#message) {
      this.#message = this.#store.message;
      this.#reply = byteString(`${REPLY.ok}\n${this.#message}\n`);
    }
    return this.#reply;
  }

  /** The message of a number in the history; empty where it is not kept. */
  line(number: number): string {
    if (number !== this.#lineNumber) {
      const entry = this.#store.history.at(number);
      this.#lineNumber = number;
      this.#line = entry === undefined ? '' : byteString(`${entry.message}\n`);
    }
    return this.#line;
  }

  /**
   * The reply to MSGHIST, a line at a time: it may be megabytes, and its reader slow. What the
   * history drops meanwhile is left out.
   */
  *history(): Generator<string, void> {
    const { history } = this.#store;
    const last = history.last;
    yield `${REPLY.ok}\n`;
    for (let number = history.first; number <= last; number++) {
      const entry = history.at(number);
      if (entry !== undefined) yield byteString(historyLine(entry));
    }
    yield `${END_OF_HISTORY}\n`;
  }
}

/** `2026-11-22T17:00:00Z the message` (RFC 3339, section 5.6). */
function historyLine({ message, storedAtMs }: HistoryEntry): string {
  const time = new Date(storedAtMs).toISOString().replace(/\.\d+Z$/, 'Z');
  return `${time} ${message}\n`;
}

function byteString(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
