// Reads the replies to MSGWATCH. Pure.

import { LineReader, TOO_LONG } from '../../protocol/lines.ts';
import { escapeControls } from '../../protocol/plainText.ts';
import { isClosingReply, REPLY } from '../../protocol/replies.ts';
import { MAX_SHOWN_LENGTH, TOO_LONG_TO_SHOW } from '../dialogue/conversation.ts';

export type WatchEvent =
  /** The message in force, safe to display. */
  | { is: 'message'; message: string }
  /** The server does not know MSGWATCH, or is not a MOTD server. No event follows. */
  | { is: 'rejected'; reply: string }
  /**
   * The server announces that it closes the connection. If the connection stays open, this text was
   * a stored message.
   */
  | { is: 'closing'; reply: string };

export class WatchReader {
  readonly #lines = new LineReader(MAX_SHOWN_LENGTH);
  #awaits: 'reply' | 'message' | 'update' | 'nothing' = 'reply';
  #hasMessage = false;

  /**
   * Starts a watch. During a watch, it makes the server send the message in force again.
   *
   * @returns The text to send.
   */
  request(): string {
    this.#awaits = 'reply';
    return 'MSGWATCH\n';
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
    if (this.#awaits === 'nothing') return undefined;
    if (this.#awaits === 'reply' && line === REPLY.ok) {
      this.#awaits = 'message';
      return undefined;
    }
    const text = escapeControls(line);
    if (this.#awaits === 'message') {
      // The message in force may be any words, even those of a reply.
      this.#hasMessage = true;
      this.#awaits = 'update';
    } else if (isClosingReply(line)) {
      return { is: 'closing', reply: text };
    } else if (!this.#hasMessage) {
      return this.#rejected(text);
    }
    // After a second request, updates that the server sent before it read the request precede its
    // reply.
    return { is: 'message', message: text };
  }

  #lineTooLong(): WatchEvent | undefined {
    return this.#awaits === 'nothing' ? undefined : this.#rejected(TOO_LONG_TO_SHOW);
  }

  #rejected(reply: string): WatchEvent {
    this.#awaits = 'nothing';
    return { is: 'rejected', reply };
  }
}
