// Reads the reply to MSGHIST, or to another command whose reply is a list, line by line. Pure.

import { escapeControls } from '../../protocol/plainText.ts';
import { END_OF_LIST, REPLY } from '../../protocol/replies.ts';

export type HistoryEvent =
  /** Entries follow. */
  | { is: 'accepted' }
  /** A line of the list, as received: of MSGHIST, a time and a message. */
  | { is: 'entry'; line: string }
  | { is: 'end' }
  /** The server sent another reply. */
  | { is: 'rejected'; reply: string };

export class HistoryLineReader {
  #isAccepted = false;

  /** Must not be called after the end of the history. */
  receiveLine(line: string): HistoryEvent {
    if (this.#isAccepted) return line === END_OF_LIST ? { is: 'end' } : { is: 'entry', line };
    if (line !== REPLY.ok) return { is: 'rejected', reply: escapeControls(line) };
    this.#isAccepted = true;
    return { is: 'accepted' };
  }
}
