// Watches the message with its details. MSGWATCH sends the text alone, so each text is followed by a
// request for the details of the message in force. A message that was replaced before is returned
// without them: none is left out.
//
//   state     event                                    returns
//   idle      a message                                nothing yet: its details are requested
//   asked     a message sent before the answer         the one that was waiting, without details
//   asked     the answer                               the message with its details
//   asked     an answer without the details            what was waiting; then asks once more
//
// A server of an earlier version sends no details, and is not asked for them again.

import type { StoredEntry } from '../replies/entryLine.ts';
import { type WatchEvent, WatchReader } from '../replies/watchReader.ts';
import type { LineClient } from './lineClient.ts';
import { rejectedError } from './replyErrors.ts';

export class DetailsWatch {
  readonly #server: LineClient;
  readonly #reader = new WatchReader();
  /** The message whose details were requested. */
  #waiting: string | undefined;
  readonly #ready: StoredEntry[] = [];

  constructor(server: LineClient) {
    this.#server = server;
    this.#ask();
  }

  /**
   * @returns The message in force; later, the next one.
   * @throws RejectedError if the server sends another reply.
   */
  async next(): Promise<StoredEntry> {
    for (;;) {
      const entry = this.#ready.shift();
      if (entry !== undefined) return entry;
      const wasAsked = this.#reader.isAwaiting;
      const event = await this.#server.readEvent(this.#reader);
      if (event.is !== 'message') throw rejectedError(event.reply);
      this.#receive(event, wasAsked && !this.#reader.isAwaiting);
    }
  }

  #receive({ message, details }: WatchEvent & { is: 'message' }, isAnswer: boolean): void {
    const isAskedAgain = isAnswer && message === this.#waiting;
    if (!isAskedAgain) this.#release();
    this.#waiting = undefined;
    if (details !== undefined) this.#ready.push(details);
    else if (isAskedAgain || !this.#reader.knowsDetails) this.#ready.push({ message });
    else {
      this.#waiting = message;
      if (!this.#reader.isAwaiting) this.#ask();
    }
  }

  /** The server has a later message. */
  #release(): void {
    if (this.#waiting !== undefined) this.#ready.push({ message: this.#waiting });
  }

  #ask(): void {
    // LineClient adds the last line end.
    this.#server.send(this.#reader.requestWithDetails().trimEnd());
  }
}
