// Reads the reply to MSGGET. Pure.

import { escapeControls } from '../../protocol/plainText.ts';
import { REPLY } from '../../protocol/replies.ts';

export type MessageResult =
  /** The message of the day, safe to display. */
  | { is: 'message'; message: string }
  /** The server sent another reply. */
  | { is: 'rejected'; reply: string };

export class MessageReader {
  #isAccepted = false;

  /** @returns `undefined` until the reply is complete. Must not be called after that. */
  receiveLine(line: string): MessageResult | undefined {
    // The message may be any words, even those of a reply.
    if (this.#isAccepted) return { is: 'message', message: escapeControls(line) };
    if (line !== REPLY.ok) return { is: 'rejected', reply: escapeControls(line) };
    this.#isAccepted = true;
    return undefined;
  }
}
