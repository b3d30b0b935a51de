// Puts a socket around a session: bytes in, actions out, and never more in memory than one chunk
// of input and one batch of replies. While a peer does not read its replies, its commands wait.

import type { Socket } from 'node:net';
import type { Address } from './address.ts';
import type { Log } from './events.ts';
import type { VerifyPassword } from './password.ts';
import { type Action, Session } from './session.ts';
import type { MessageStore } from './store.ts';

/** How long a peer that may never send an LF has to be quiet (PROTOCOL.md, "Bare clients"). */
const BARE_CLIENT_QUIET_MS = 100;

/** Replies to what came in together leave together, in batches of about this many bytes. */
const BATCH_BYTES = 64 * 1024;

/**
 * How long a peer may take to close its side once we have closed ours. Closing at once, with
 * bytes of the peer still unread, would make TCP reset the connection and lose the last replies.
 */
const LINGER_MS = 1000;

/** How long a stopping server waits for a peer that does not take its replies. */
const STOP_DEADLINE_MS = 5000;

export interface ConnectionContext {
  store: MessageStore;
  verifyPassword: VerifyPassword;
  /** `200 OK` and the message in force, as a byte string. */
  messageReply(): string;
  /** Ends the whole server. */
  shutDown(): void;
  /** `undefined` where nobody listens: no event is made then. */
  log: Log | undefined;
}

export class Connection {
  readonly #socket: Socket;
  readonly #peer: Address;
  readonly #context: ConnectionContext;
  readonly #session = new Session();
  #batch = '';
  #isBlocked = false;
  #quietTimer: NodeJS.Timeout | undefined;
  #deadline: NodeJS.Timeout | undefined;

  constructor(socket: Socket, peer: Address, context: ConnectionContext) {
    this.#socket = socket;
    this.#peer = peer;
    this.#context = context;
    socket.on('data', (chunk: Buffer) => this.#socketOnData(chunk));
    socket.on('drain', () => this.#socketOnDrain());
    socket.on('end', () => this.#socketOnEnd());
    socket.on('error', socketOnError);
    socket.on('close', () => this.#socketOnClose());
    context.log?.({ event: 'connected', peer });
  }

  /** Answers what was asked, tells the peer that the server is stopping, and closes. */
  shutDown(): void {
    this.#session.shutDown();
    this.#destroyAfter(STOP_DEADLINE_MS);
    this.#advance();
  }

  #socketOnData(chunk: Buffer): void {
    this.#session.receive(chunk.toString('latin1'));
    this.#advance();
  }

  #socketOnDrain(): void {
    this.#isBlocked = false;
    this.#advance();
  }

  #socketOnEnd(): void {
    this.#session.end();
    this.#advance();
  }

  #socketOnClose(): void {
    clearTimeout(this.#quietTimer);
    clearTimeout(this.#deadline);
    this.#context.log?.({ event: 'closed', peer: this.#peer });
  }

  /** Does all that can be done now; what has to wait is picked up by the event it waits for. */
  #advance(): void {
    while (!this.#isBlocked) {
      const action = this.#session.next();
      if (action === undefined) break;
      this.#perform(action);
    }
    this.#flush();
    this.#readOrWait();
    this.#watchForBareClient();
  }

  #perform(action: Action): void {
    if ('line' in action && action.line !== undefined) {
      this.#context.log?.({ event: 'received', peer: this.#peer, line: action.line });
    }
    switch (action.do) {
      case 'reply':
        this.#send(`${action.reply}\n`);
        break;
      case 'sendMessage':
        this.#send(this.#context.messageReply());
        break;
      case 'store':
        void this.#store(action.message);
        break;
      case 'verify':
        void this.#verify(action.password);
        break;
      case 'shutDown':
        this.#context.log?.({ event: 'shutdownAccepted', peer: this.#peer });
        this.#flush();
        this.#context.shutDown();
        break;
      case 'close':
        this.#close();
        break;
      default:
        action satisfies never;
    }
  }

  async #store(message: string): Promise<void> {
    const isStored = await this.#tryToStore(message);
    this.#perform(isStored ? this.#session.stored() : this.#session.storeFailed());
    this.#advance();
  }

  async #tryToStore(message: string): Promise<boolean> {
    const { store, log } = this.#context;
    try {
      await store.store(message);
    } catch (error) {
      log?.({ event: 'storeFailed', peer: this.#peer, reason: String(error) });
      return false;
    }
    log?.({ event: 'updated', peer: this.#peer, message });
    return true;
  }

  async #verify(password: string): Promise<void> {
    const isRight = await this.#context.verifyPassword(password);
    this.#perform(this.#session.verified(isRight));
    this.#advance();
  }

  #send(bytes: string): void {
    this.#batch += bytes;
    if (this.#batch.length >= BATCH_BYTES) this.#flush();
  }

  #flush(): void {
    if (this.#batch === '') return;
    const batch = this.#batch;
    this.#batch = '';
    if (!this.#socket.write(batch, 'latin1')) this.#isBlocked = true;
  }

  #close(): void {
    this.#flush();
    this.#socket.end();
    this.#socket.once('finish', () => this.#destroyAfter(LINGER_MS));
    // Nothing is left to answer, and no 'drain' follows an end: what still comes is read and dropped.
    this.#isBlocked = false;
  }

  /** Reads on only when there is nothing left to do: what TCP holds back costs no memory here. */
  #readOrWait(): void {
    const hasToWait = this.#isBlocked || this.#session.isBusy;
    if (hasToWait !== this.#socket.isPaused()) {
      if (hasToWait) this.#socket.pause();
      else this.#socket.resume();
    }
  }

  #watchForBareClient(): void {
    clearTimeout(this.#quietTimer);
    if (!this.#session.mayBeBare) return;
    this.#quietTimer = setTimeout(() => this.#onQuiet(), BARE_CLIENT_QUIET_MS);
  }

  #onQuiet(): void {
    if (!this.#session.quiet()) return;
    this.#advance();
  }

  #destroyAfter(ms: number): void {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.#socket.destroy(), ms);
  }
}

/** A peer that vanished. The 'close' event follows and says all there is to say. */
function socketOnError(): void {}
