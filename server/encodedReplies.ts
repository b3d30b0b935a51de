// Encodes replies that contain messages, as byte strings: once per message, not once per reader.

import { END_OF_HISTORY, REPLY } from '../protocol/replies.ts';
import type { HistoryEntry } from './stores/history.ts';
import type { ServedMessages } from './stores/store.ts';

export class EncodedReplies {
  readonly #store: ServedMessages;
  /** The message in `#currentReply`. */
  #message: string | undefined;
  #currentReply = '';
  /** The number of the entry in `#entryLine`. */
  #entryNumber = 0;
  #entryLine = '';

  constructor(store: ServedMessages) {
    this.#store = store;
  }

  /** `200 OK` and the message in force. */
  get current(): string {
    if (this.#store.message !== this.#message) {
      this.#message = this.#store.message;
      this.#currentReply = byteString(`${REPLY.ok}\n${this.#message}\n`);
    }
    return this.#currentReply;
  }

  /** @returns The line with the message of an entry; empty if the history has dropped the entry. */
  update(number: number): string {
    if (number !== this.#entryNumber) {
      const entry = this.#store.history.at(number);
      this.#entryNumber = number;
      this.#entryLine = entry === undefined ? '' : byteString(`${entry.message}\n`);
    }
    return this.#entryLine;
  }

  /**
   * The reply to MSGHIST, line by line: it may be megabytes, and the reader slow. Entries that the
   * history drops meanwhile are left out.
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
