// Changes the messages in a session of its own. Pure.
//
//   awaits     line received            sends          next
//   command    200 OK                   the request    outcome; `accepted` if there is none
//              300 PASSWORD REQUIRED    the password   password; `passwordRequired` if there is none
//   password   200 OK                   the request    outcome
//   outcome    200 OK, 200 OK NUMBER                   `done`
//   any        any other                               `rejected`

import type { WriteCommand } from '../../protocol/commands.ts';
import { REPLY } from '../../protocol/replies.ts';
import { type Incomplete, LineExchange, type Rejected, rejected } from './lineExchange.ts';

export interface Write {
  command: WriteCommand;
  /** The line that names what to change; left out to find out what the server would require. */
  request?: string;
  /** Empty if the user has not typed one. */
  password?: string;
}

type Final =
  /** The server would accept a request. */
  { is: 'accepted' } | { is: 'passwordRequired' } | { is: 'done' };

export type WriteResult = Incomplete | Rejected | Final;

const DONE = /^200 OK(?: \d+)?$/;

export class WriteExchange {
  readonly #write: Write;
  readonly #exchange = new LineExchange<Final>((line) => this.#receiveLine(line));
  #awaits: 'command' | 'password' | 'outcome' = 'command';

  constructor(write: Write) {
    this.#write = write;
  }

  /** The text to send first. */
  get start(): string {
    return `${this.#write.command}\n`;
  }

  /** Whether the server may have changed something, even if it never replies. */
  get isRequestSent(): boolean {
    return this.#awaits === 'outcome';
  }

  /**
   * @param text Decoded text from the server. A chunk may end anywhere.
   * @returns The result so far. Once it is not incomplete, it no longer changes.
   */
  receive(text: string): WriteResult {
    return this.#exchange.receive(text);
  }

  #receiveLine(line: string): WriteResult {
    const { request, password } = this.#write;
    if (this.#awaits === 'outcome') return DONE.test(line) ? { is: 'done' } : rejected(line);
    if (line === REPLY.ok) {
      if (request === undefined) return { is: 'accepted' };
      this.#awaits = 'outcome';
      return { is: 'incomplete', send: `${request}\n` };
    }
    if (this.#awaits === 'password' || line !== REPLY.passwordRequired) return rejected(line);
    if (!password || request === undefined) return { is: 'passwordRequired' };
    this.#awaits = 'password';
    return { is: 'incomplete', send: `${password}\n` };
  }
}
