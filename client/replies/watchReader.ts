// MSGWATCH as a program reads it: what the server says goes in, messages come out. Pure. `motd
// watch` is its twin (client/oneshot/oneshot.ts), which waits for line after line where this one is told.

import { LineReader, TOO_LONG } from '../../protocol/lines.ts';
import { escapeControls } from '../../protocol/plainText.ts';
import { isClosingReply, REPLY } from '../../protocol/replies.ts';
import { MAX_SHOWN_LENGTH, TOO_LONG_TO_SHOW } from '../dialogue/conversation.ts';

export type WatchEvent =
  /** The message in force. It is safe to show. */
  | { is: 'message'; message: string }
  /** The server knows no MSGWATCH, or is none of ours: nothing follows that could be understood. */
  | { is: 'refused'; reply: string }
  /**
   * The server says that it will close; or, as long as it does not, somebody stored these words.
   */
  | { is: 'closing'; reply: string };

export class WatchReader {
  readonly #lines = new LineReader(MAX_SHOWN_LENGTH);
  #awaits: 'reply' | 'message' | 'news' | 'nothing' = 'reply';
  #isWatched = false;

  /**
   * Asks to be told; asked again, a server that still answers tells the message in force once more.
   *
   * @returns What to send.
   */
  ask(): string {
    this.#awaits = 'reply';
    return 'MSGWATCH\n';
  }

  /** Text came from the server, cut anywhere. */
  received(text: string): WatchEvent[] {
    this.#lines.push(text);
    const watched: WatchEvent[] = [];
    for (;;) {
      const line = this.#lines.next();
      if (line === undefined) return watched;
      const heard = this.#heard(line);
      if (heard !== undefined) watched.push(heard);
    }
  }

  #heard(line: string | typeof TOO_LONG): WatchEvent | undefined {
    if (this.#awaits === 'nothing') return undefined;
    if (line === TOO_LONG) return this.#refused(TOO_LONG_TO_SHOW);
    if (this.#awaits === 'reply' && line === REPLY.ok) {
      this.#awaits = 'message';
      return undefined;
    }
    const text = escapeControls(line);
    // The message in force may be any words, also those of a reply.
    if (this.#awaits === 'message') {
      this.#isWatched = true;
      this.#awaits = 'news';
    } else if (isClosingReply(line)) {
      return { is: 'closing', reply: text };
    } else if (!this.#isWatched) {
      return this.#refused(text);
    }
    // Where it was asked again, what was stored before the server heard of it comes before the
    // reply.
    return { is: 'message', message: text };
  }

  #refused(reply: string): WatchEvent {
    this.#awaits = 'nothing';
    return { is: 'refused', reply };
  }
}
