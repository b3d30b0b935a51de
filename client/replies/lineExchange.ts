// Reads the replies of an exchange line by line, until its result is known. Pure.

import { LineReader, TOO_LONG } from '../../protocol/lines.ts';
import { escapeControls } from '../../protocol/plainText.ts';
import { MAX_SHOWN_LENGTH, TOO_LONG_TO_SHOW } from '../dialogue/conversation.ts';

/** Send this text; it may be empty. */
export type Incomplete = { is: 'incomplete'; send: string };

/** The server sent another reply, or a line that is not an entry. Safe to display. */
export type Rejected = { is: 'rejected'; reply: string };

export function rejected(line: string): Rejected {
  return { is: 'rejected', reply: escapeControls(line) };
}

export class LineExchange<Final extends { is: string }> {
  readonly #lines = new LineReader(MAX_SHOWN_LENGTH);
  readonly #receiveLine: (line: string) => Incomplete | Rejected | Final;
  /** `undefined` until it is known. */
  #result: Rejected | Final | undefined;

  constructor(receiveLine: (line: string) => Incomplete | Rejected | Final) {
    this.#receiveLine = receiveLine;
  }

  /**
   * @param text Decoded text from the server. A chunk may end anywhere.
   * @returns The result so far. Once it is not incomplete, it no longer changes.
   */
  receive(text: string): Incomplete | Rejected | Final {
    this.#lines.push(text);
    let send = '';
    while (this.#result === undefined) {
      const line = this.#lines.next();
      if (line === undefined) return { is: 'incomplete', send };
      const result = line === TOO_LONG ? rejected(TOO_LONG_TO_SHOW) : this.#receiveLine(line);
      if (isIncomplete(result)) send += result.send;
      else this.#result = result;
    }
    return this.#result;
  }
}

function isIncomplete(result: Incomplete | { is: string }): result is Incomplete {
  return result.is === 'incomplete';
}
