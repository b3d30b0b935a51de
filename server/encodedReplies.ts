// Encodes replies that contain messages, as byte strings: once per message, not once per reader.

import type { ListCommand } from '../protocol/commands.ts';
import { END_OF_LIST, REPLY } from '../protocol/replies.ts';
import { formatTime, formatWindow, hasBegun } from '../protocol/time.ts';
import type { MessageInForce } from './messageInForce.ts';
import type { History } from './stores/history.ts';
import { type HistoryEntry, isEntry, type Numbered } from './stores/record.ts';

/** Stands for a time, or an author, that is not known. */
const UNKNOWN = '-';

export class EncodedReplies {
  readonly #history: History;
  readonly #inForce: MessageInForce;
  /** The message in `#currentReply`. */
  #message: string | undefined;
  #currentReply = '';
  /** The number of the change in `#changeLine`. */
  #changeNumber = 0;
  #changeLine = '';

  constructor(history: History, inForce: MessageInForce) {
    this.#history = history;
    this.#inForce = inForce;
  }

  /** `200 OK` and the message in force. */
  get current(): string {
    const { message } = this.#inForce;
    if (message !== this.#message) {
      this.#message = message;
      this.#currentReply = byteString(`${REPLY.ok}\n${message}\n`);
    }
    return this.#currentReply;
  }

  /** `200 OK`, and the details of the message in force. */
  get info(): string {
    const { entry, message } = this.#inForce;
    return byteString(`${REPLY.ok}\n${detailLine(entry ?? { number: 0, message })}`);
  }

  /** @returns The line with the message of a change; empty if it was dropped. */
  change(number: number): string {
    if (number !== this.#changeNumber) {
      const message = this.#inForce.changes.at(number);
      this.#changeNumber = number;
      this.#changeLine = message === undefined ? '' : byteString(`${message}\n`);
    }
    return this.#changeLine;
  }

  /**
   * The reply to a command, line by line: it may be megabytes, and the reader slow. Entries that the
   * history drops meanwhile are left out.
   */
  *list(command: ListCommand): Generator<string, void> {
    yield `${REPLY.ok}\n`;
    for (const line of this.#lines(command)) yield byteString(line);
    yield `${END_OF_LIST}\n`;
  }

  *#lines(command: ListCommand): Generator<string> {
    const now = this.#inForce.now();
    switch (command) {
      case 'MSGPLANS':
        for (const entry of this.#history.planned(now)) yield planLine(entry);
        break;
      case 'MSGLIST':
        for (const entry of this.#entries()) yield detailLine(entry);
        break;
      case 'MSGHIST':
        for (const entry of this.#entries()) {
          // One that was canceled ended then.
          if (hasBegun(entry, entry.canceledAtMs ?? now)) yield historyLine(entry);
        }
        break;
      default:
        command satisfies never;
    }
  }

  *#entries(): Generator<Numbered<HistoryEntry>> {
    for (const record of this.#history.after()) if (isEntry(record)) yield record;
  }
}

/** `2026-11-22T17:00:00Z the message` (RFC 3339, section 5.6). */
function historyLine({ message, storedAtMs }: HistoryEntry): string {
  const time = new Date(storedAtMs).toISOString().replace(/\.\d+Z$/, 'Z');
  return `${time} ${message}\n`;
}

/** `17 2026-11-27T18:00:00Z/2026-11-27T20:00:00Z Maintenance` */
function planLine({ number, message, ...window }: Numbered<HistoryEntry>): string {
  return `${number} ${formatWindow(window)} ${message}\n`;
}

type Details = Partial<HistoryEntry> & Pick<Numbered<HistoryEntry>, 'number' | 'message'>;

/** `17 2026-11-27T17:00:00.123Z 2026-11-27T18:00:00Z/ alice Maintenance` */
function detailLine({ number, storedAtMs, author, message, ...window }: Details): string {
  const storedAt = storedAtMs === undefined ? UNKNOWN : formatTime(storedAtMs);
  const untilMs = window.canceledAtMs ?? window.untilMs;
  // An author of this name is encoded too: it stands for none.
  const name = author === undefined ? UNKNOWN : encodeURIComponent(author).replace(/^-$/, '%2D');
  return `${number} ${storedAt} ${formatWindow({ ...window, untilMs })} ${name} ${message}\n`;
}

function byteString(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
