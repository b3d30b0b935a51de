// The dialogue with a server that sends no line ends, such as the original one
// (client/replies/bareReplies.ts). A reply may end by silence, so the caller has a timer.

import { BareReplies } from '../replies/bareReplies.ts';
import type { Conversation, Effect } from './conversation.ts';
import { Dialogue, type DialogueOptions } from './dialogue.ts';

export class OriginalDialogue implements Conversation {
  readonly #dialogue: Dialogue;
  readonly #replies = new BareReplies();
  readonly #awaitQuiet: () => void;

  /**
   * @param awaitQuiet Called when text has arrived that may be a whole reply. Call `quiet` if
   *   nothing more arrives for QUIET_MS.
   */
  constructor(options: DialogueOptions, awaitQuiet: () => void) {
    this.#dialogue = new Dialogue(options);
    this.#awaitQuiet = awaitQuiet;
  }

  start(): Effect[] {
    return this.#dialogue.start();
  }

  typed(text: string): Effect[] {
    const effects = this.#dialogue.typed(text);
    if (effects.some((effect) => effect.do === 'send')) this.#replies.sent();
    return effects;
  }

  received(text: string): Effect[] {
    const effects = this.#dialogue.received(this.#replies.receive(text));
    if (this.#replies.isUnfinished) this.#awaitQuiet();
    return effects;
  }

  /** The server has been silent: what it has sent is a whole reply. */
  quiet(): Effect[] {
    return this.#dialogue.received(this.#replies.end());
  }

  closed(reason: string): Effect[] {
    return [...this.quiet(), ...this.#dialogue.closed(reason)];
  }
}
