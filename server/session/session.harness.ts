// Runs a session in memory: performs its actions immediately, and records what a socket would send.

import { REPLY, type Reply } from '../../protocol/replies.ts';
import type { Action } from './action.ts';
import { Session, type SessionOptions } from './session.ts';
import type { WriteRequest } from './writeRequest.ts';

const PASSWORD = '123!abc';

export class SessionDriver {
  readonly session: Session;
  message = 'An apple a day keeps the doctor away.';
  /** All replies. */
  sent = '';
  /** The lines to log. */
  readonly lines: string[] = [];
  isClosed = false;
  /** The other protocol that the session detected. */
  rejectedProtocol: string | undefined;
  isServerDown = false;
  isStoreBroken = false;
  readonly history: string[] = [];
  readonly requests: WriteRequest[] = [];

  constructor(options: SessionOptions = { isStoreGuarded: false }) {
    this.session = new Session(options);
  }

  /** @param chunks Byte strings, each received by itself. */
  receive(...chunks: string[]): this {
    for (const chunk of chunks) {
      this.session.receive(chunk);
      this.advance();
    }
    return this;
  }

  /** The peer half-closes. */
  endInput(): this {
    this.session.endInput();
    return this.advance();
  }

  /** The peer has been silent for 100 ms. */
  endQuietLine(): this {
    this.session.endQuietLine();
    return this.advance();
  }

  closeWith(reply: Reply = REPLY.shuttingDown): this {
    this.session.closeWith(reply);
    return this.advance();
  }

  /** Another connection stored a message. */
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

  #perform(action: Action): void {
    if ('line' in action && action.line !== undefined) this.lines.push(action.line);
    switch (action.do) {
      case 'reply':
        this.sent += `${action.reply}\n`;
        break;
      case 'sendMessage':
      case 'watch':
        this.sent += `200 OK\n${this.message}\n`;
        break;
      case 'sendUpdate':
        this.sent += `${this.message}\n`;
        break;
      case 'sendInfo':
        this.sent += `200 OK\n0 - / - ${this.message}\n`;
        break;
      case 'sendList':
        this.sent += ['200 OK', ...this.history, '.\n'].join('\n');
        break;
      case 'write':
        this.#write(action.request);
        break;
      case 'checkPassword':
        this.session.passwordChecked(action.password === PASSWORD ? 'right' : 'wrong');
        break;
      case 'rejectProtocol':
        this.rejectedProtocol = action.protocol;
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

  #write(request: WriteRequest): void {
    this.requests.push(request);
    if (this.isStoreBroken) {
      this.session.written(REPLY.storeUnavailable);
      return;
    }
    if ('message' in request) {
      this.message = request.message;
      this.history.push(request.message);
    }
    this.session.written(REPLY.ok);
  }
}
