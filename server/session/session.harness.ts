// Plays the socket's part for a session, in memory and at once.

import { REPLY, type Reply } from '../../protocol/replies.ts';
import { Session, type SessionOptions } from './session.ts';

const PASSWORD = '123!abc';

export class PlayedSession {
  readonly session: Session;
  message = 'An apple a day keeps the doctor away.';
  /** Everything sent to the peer. */
  sent = '';
  /** Every line the console would show. */
  readonly lines: string[] = [];
  isClosed = false;
  /** The protocol it was taken for, if it was not ours. */
  rejected: string | undefined;
  isServerDown = false;
  storeIsBroken = false;
  readonly history: string[] = [];

  constructor(options: SessionOptions = { isStoreGuarded: false }) {
    this.session = new Session(options);
  }

  /** The peer sends byte strings, a chunk each. */
  receive(...chunks: string[]): this {
    for (const chunk of chunks) {
      this.session.receive(chunk);
      this.advance();
    }
    return this;
  }

  /** The peer half-closes. */
  end(): this {
    this.session.end();
    return this.advance();
  }

  /** The peer has been quiet for 100 ms. */
  quiet(): this {
    this.session.quiet();
    return this.advance();
  }

  /** The peer has to go. */
  dismiss(why: Reply = REPLY.shuttingDown): this {
    this.session.dismiss(why);
    return this.advance();
  }

  /** Somebody else stored a message. */
  updated(message: string): this {
    this.message = message;
    this.history.push(message);
    this.session.updated();
    return this.advance();
  }

  advance(): this {
    for (;;) {
      const action = this.session.next();
      if (action === undefined) return this;
      this.#perform(action);
    }
  }

  #perform(action: ReturnType<Session['next']> & object): void {
    if ('line' in action && action.line !== undefined) this.lines.push(action.line);
    switch (action.do) {
      case 'reply':
        this.sent += `${action.reply}\n`;
        break;
      case 'sendMessage':
      case 'watch':
        this.sent += `200 OK\n${this.message}\n`;
        break;
      case 'sendUpdates':
        this.sent += `${this.message}\n`;
        break;
      case 'sendHistory':
        this.sent += ['200 OK', ...this.history, '.\n'].join('\n');
        break;
      case 'store':
        this.#store(action.message);
        break;
      case 'verify':
        this.#perform(this.session.verified(action.password === PASSWORD ? 'right' : 'wrong'));
        break;
      case 'reject':
        this.rejected = action.protocol;
        this.sent += `${REPLY.unknownCommand}\n`;
        break;
      case 'shutDown':
        this.isServerDown = true;
        break;
      case 'close':
        this.isClosed = true;
        break;
      default:
        action satisfies never;
    }
  }

  #store(message: string): void {
    if (this.storeIsBroken) {
      this.#perform(this.session.storeFailed());
      return;
    }
    this.message = message;
    this.history.push(message);
    this.#perform(this.session.stored());
  }
}
