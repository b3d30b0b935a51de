// Reads the reply to MSGHIST, line by line. Pure.

import { escapeControls } from '../../protocol/plainText.ts';
import { END_OF_LIST, REPLY } from '../../protocol/replies.ts';

export type HistoryEvent =
  /** Entries follow. */
  | { is: 'accepted' }
  /** A time and a message, as received. */
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
