// Reads the replies to MSGWATCH, and to MSGINFO before it. Pure.
//
//   awaits    line              next
//   info      200 OK            entry
//             400 …             reply
//   entry     an entry          reply
//   reply     200 OK            message
//   message   the message       update
//   update    a later message   update
//
// After a second request, the messages that the server sent before it read the request come first.

import { LineReader, TOO_LONG } from '../../protocol/lines.ts';
import { escapeControls } from '../../protocol/plainText.ts';
import { isClosingReply, isUnknownCommand, REPLY } from '../../protocol/replies.ts';
import { MAX_SHOWN_LENGTH, TOO_LONG_TO_SHOW } from '../dialogue/conversation.ts';
import { type EntryDetails, readEntryLine } from './entryLine.ts';

export type WatchEvent =
  /** The message in force, safe to display; with its details if they were requested. */
  | { is: 'message'; message: string; details?: EntryDetails }
  /** The server does not know MSGWATCH, or is not a MOTD server. No event follows. */
  | { is: 'rejected'; reply: string }
  /**
   * The server announces that it closes the connection. If the connection stays open, this text was
   * a stored message.
   */
  | { is: 'closing'; reply: string };

export class WatchReader {
  readonly #lines = new LineReader(MAX_SHOWN_LENGTH);
  #awaits: 'info' | 'entry' | 'reply' | 'message' | 'update' | 'nothing' = 'reply';
  #hasMessage = false;
  #details: EntryDetails | undefined;
  #knowsDetails = true;

  /** Whether the server has not sent the message that was requested last. */
  get isAwaiting(): boolean {
    return this.#awaits !== 'update' && this.#awaits !== 'nothing';
  }

  /** Whether the server sends the details of a message, as far as is known. */
  get knowsDetails(): boolean {
    return this.#knowsDetails;
  }

  /**
   * Starts a watch. During a watch, it makes the server send the message in force again.
   *
   * @returns The text to send.
   */
  request(): string {
    this.#awaits = 'reply';
    return 'MSGWATCH\n';
  }

  /** Like `request`, for the details of the message, too, if the server knows them. */
  requestWithDetails(): string {
    const request = this.request();
    if (!this.#knowsDetails) return request;
    this.#awaits = 'info';
    return `MSGINFO\n${request}`;
  }

  /** @param text Decoded text from the server. A chunk may end anywhere. */
  receive(text: string): WatchEvent[] {
    this.#lines.push(text);
    const events: WatchEvent[] = [];
    for (;;) {
      const line = this.#lines.next();
      if (line === undefined) return events;
      const event = line === TOO_LONG ? this.#lineTooLong() : this.receiveLine(line);
      if (event !== undefined) events.push(event);
    }
  }

  /** @returns The event in a line; `undefined` if the line is not an event. */
  receiveLine(line: string): WatchEvent | undefined {
    if (this.#awaits === 'nothing' || this.#isStep(line)) return undefined;
    const text = escapeControls(line);
    if (this.#awaits === 'message') {
      // The message in force may be any words, even those of a reply.
      this.#hasMessage = true;
      this.#awaits = 'update';
      return this.#messageInForce(text);
    }
    if (isClosingReply(line)) return { is: 'closing', reply: text };
    return this.#hasMessage ? { is: 'message', message: text } : this.#rejected(text);
  }

  /** Takes a line that leads to the message. An update may have its words: the message follows. */
  #isStep(line: string): boolean {
    switch (this.#awaits) {
      case 'info':
        this.#knowsDetails = this.#hasMessage || !isUnknownCommand(line);
        if (line === REPLY.ok) this.#awaits = 'entry';
        else if (!this.#knowsDetails) this.#awaits = 'reply';
        else return false;
        return true;
      case 'entry':
        this.#details = readEntryLine(line);
        if (this.#details === undefined && this.#hasMessage) return false;
        // Another service may accept every line, and send nothing else.
        this.#awaits = line === REPLY.ok ? 'message' : 'reply';
        return true;
      case 'reply':
        if (line !== REPLY.ok) return false;
        this.#awaits = 'message';
        return true;
      default:
        return false;
    }
  }

  #messageInForce(message: string): WatchEvent {
    const details = this.#details;
    this.#details = undefined;
    // The message may have changed since the server sent the details.
    if (details?.message !== message) return { is: 'message', message };
    return { is: 'message', message, details };
  }

  #lineTooLong(): WatchEvent | undefined {
    return this.#awaits === 'nothing' ? undefined : this.#rejected(TOO_LONG_TO_SHOW);
  }

  #rejected(reply: string): WatchEvent {
    this.#awaits = 'nothing';
    return { is: 'rejected', reply };
  }
}
