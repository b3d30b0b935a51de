// Ends the replies of a server that sends no line ends, such as the original one. Pure.
//
// A known reply that begins what arrives after a sent line is a reply of its own: `200 OK` and the
// message may arrive together. Anything else ends when the server is silent. A line end still ends
// a line.
//
//   state   event                                            next state
//   text    `sent`                                           reply
//   reply   the start of a known reply                       reply
//           a known reply, and no longer one can follow      text
//           anything else, or `end`                          text

import { REPLY } from '../../protocol/replies.ts';

/** How long a server has to be silent until what it has sent counts as a whole reply. */
export const QUIET_MS = 200;

/** Of our server, and of the original one; the longest first, since one may begin another. */
const REPLIES = [...Object.values(REPLY), '400 Bad Request'].toSorted(
  (one, other) => other.length - one.length,
);

/**
 * The replies to a line that is not a password. `200 OKAY` only follows a password: after `MSGGET`
 * it is `200 OK` and the start of a message.
 */
const REPLIES_TO_COMMANDS = REPLIES.filter((reply) => reply !== REPLY.shutdownAccepted);

type State =
  /** `start`: what has arrived of the reply, which is the start of one of the `known` ones. */
  | { readonly is: 'reply'; readonly start: string; readonly known: readonly string[] }
  /** Text is read as it arrives. `reply`: the known reply before it. */
  | { readonly is: 'text'; readonly reply: string | undefined; readonly isUnfinished: boolean };

export class BareReplies {
  #state: State = { is: 'text', reply: undefined, isUnfinished: false };

  /** Whether something has arrived that has not ended: call `end` if the server stays silent. */
  get isUnfinished(): boolean {
    return this.#state.is === 'text' ? this.#state.isUnfinished : this.#state.start !== '';
  }

  /** A line is sent, and the server will reply to it. */
  sent(): void {
    const isPassword = this.#state.is === 'text' && this.#state.reply === REPLY.passwordRequired;
    this.#state = { is: 'reply', start: '', known: isPassword ? REPLIES : REPLIES_TO_COMMANDS };
  }

  /**
   * @param text Text from the server. A chunk may end anywhere.
   * @returns The text to read now, with a line end after each reply that has ended.
   */
  receive(text: string): string {
    const state = this.#state;
    if (state.is === 'text') return this.#pass(text, state);
    const start = (state.start + text).trimStart();
    const mayContinue = state.known.some((reply) => reply !== start && reply.startsWith(start));
    if (!mayContinue) return this.#endReply(start, state.known);
    this.#state = { ...state, start };
    return '';
  }

  /**
   * Ends what is unfinished: the server is silent, or has closed the connection.
   *
   * @returns The text to read now.
   */
  end(): string {
    const state = this.#state;
    if (!this.isUnfinished) return '';
    const rest = state.is === 'reply' ? this.#endReply(state.start, state.known) : '';
    return `${rest}${this.receive('\n')}`;
  }

  #endReply(start: string, known: readonly string[]): string {
    // `200 OK 17` is one reply: no message begins with a space.
    const reply = known.find((one) => start.startsWith(one) && start[one.length] !== ' ');
    const after = { is: 'text', reply, isUnfinished: false } as const;
    if (reply === undefined) return this.#pass(start, after);
    return `${reply}\n${this.#pass(start.slice(reply.length), after)}`;
  }

  #pass(text: string, state: State & { is: 'text' }): string {
    const lastLine = text.slice(text.lastIndexOf('\n') + 1);
    const wasUnfinished = state.isUnfinished && lastLine === text;
    this.#state = { ...state, isUnfinished: wasUnfinished || lastLine.trim() !== '' };
    return text;
  }
}
