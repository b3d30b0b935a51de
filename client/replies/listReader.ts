// Reads the reply to a command whose reply is a list, line by line. Pure.

import { escapeControls } from '../../protocol/plainText.ts';
import { END_OF_LIST, REPLY } from '../../protocol/replies.ts';

export type ListEvent =
  /** Entries follow. */
  | { is: 'accepted' }
  /** A line of the list, as received. */
  | { is: 'entry'; line: string }
  | { is: 'end' }
  /** The server sent another reply. */
  | { is: 'rejected'; reply: string };

export class ListReader {
  #isAccepted = false;

  /** Must not be called after the end of the list. */
  receiveLine(line: string): ListEvent {
    if (this.#isAccepted) return line === END_OF_LIST ? { is: 'end' } : { is: 'entry', line };
    if (line !== REPLY.ok) return { is: 'rejected', reply: escapeControls(line) };
    this.#isAccepted = true;
    return { is: 'accepted' };
  }
}
