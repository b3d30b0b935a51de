// Connects a socket to a session: passes the bytes in, and performs the actions.
//
// Goals: memory is bounded by one chunk of input and one batch of replies; a slow or busy peer does
// not delay others.
//
// Design: replies are collected in a batch and written together. While the peer does not read them
// (backpressure), or an outcome is awaited, the socket is paused, so further commands stay in TCP's
// buffers.

import type { Socket } from 'node:net';
import type { Endpoint } from '../access/endpoint.ts';
import { errorMessage } from '../access/errorMessage.ts';
import type { PasswordGuard } from '../access/passwordGuard.ts';
import type { PasswordResult } from '../access/passwordResult.pure.ts';
import { sourceOf } from '../access/source.ts';
import { isClosingReply, REPLY, type Reply } from '../protocol/replies.ts';
import type { EncodedReplies } from './encodedReplies.ts';
import type { Log } from './events.ts';
import { ifStillIdle } from './net/idleSocket.ts';
import { type Action, type PasswordUse, Session } from './session/session.ts';
import type { MessageStore } from './stores/store.ts';
import type { Watchers } from './watchers.ts';

/** How long a peer that may never send an LF has to be silent (PROTOCOL.md, "Bare clients"). */
const BARE_CLIENT_QUIET_MS = 100;

/** The approximate size of one write of replies. */
const BATCH_BYTES = 16 * 1024;

/**
 * How long the peer may take to close its side after the server has half-closed. Closing with
 * unread input makes TCP reset the connection, and the peer loses the last replies.
 */
const LINGER_MS = 1000;

/** How long a peer may take to read its last replies after `closeWith`. */
const CLOSE_TIMEOUT_MS = 5000;

/** How many messages were stored, or failed to be stored, for peers. */
export interface StoreCounts {
  stored: number;
  failed: number;
}

export interface ConnectionContext {
  store: MessageStore;
  /** Each connection increments them. */
  storeCounts: StoreCounts;
  replies: EncodedReplies;
  passwords: PasswordGuard<PasswordUse>;
  watchers: Watchers;
  /** How long a peer may neither send nor read, in milliseconds; 0 for no limit. */
  idleTimeoutMs: number;
  /** Stops the whole server. */
  shutDown(): void;
  /** If `undefined`, no event is created. */
  log: Log | undefined;
}

export class Connection {
  readonly #socket: Socket;
  readonly #peer: Endpoint;
  readonly #context: ConnectionContext;
  readonly #session: Session;
  /** Replies to be written, a byte string. */
  #batch = '';
  #hasSentLine = false;
  /** The rest of a reply that is sent line by line. */
  #replyLines: Iterator<string, void> | undefined;
  /** The number of the last entry of the history sent to this watcher. */
  #lastSent = 0;
  /** Whether to skip to the newest entry: more were stored while the peer was blocked. */
  #isBehind = false;
  /** The peer does not read: wait for 'drain'. */
  #isBlocked = false;
  /** Other connections have a turn first. */
  #isYielding = false;
  #quietTimer: NodeJS.Timeout | undefined;
  #closeTimer: NodeJS.Timeout | undefined;

  /** @param socket An open socket, paused. */
  constructor(socket: Socket, peer: Endpoint, context: ConnectionContext) {
    this.#socket = socket;
    this.#peer = peer;
    this.#context = context;
    this.#session = new Session({ isStoreGuarded: context.passwords.isGuarded('store') });
    socket.on('data', (chunk: Buffer) => this.receive(chunk.toString('latin1')));
    socket.on('drain', () => this.#socketOnDrain());
    socket.on('end', () => this.endInput());
    socket.on('close', () => this.#socketOnClose());
    socket.setTimeout(context.idleTimeoutMs);
    socket.on('timeout', () => this.#socketOnTimeout());
  }

  /** Whether the peer has sent at least one line. */
  get hasSentLine(): boolean {
    return this.#hasSentLine;
  }

  /** @param bytes Input from the peer, a byte string. */
  receive(bytes: string): void {
    this.#session.receive(bytes);
    this.#advance();
  }

  /** The peer half-closed. */
  endInput(): void {
    this.#session.endInput();
    this.#advance();
  }

  /** Answers the lines received so far, sends this reply, and closes. */
  closeWith(reply: Reply): void {
    this.#session.closeWith(reply);
    if (this.#closeTimer === undefined) this.#destroyAfter(CLOSE_TIMEOUT_MS);
    this.#advance();
  }

  /** A message was stored, and the peer watches. */
  updated(): void {
    // The peer is still blocked on an earlier update: send only the newest when it drains.
    this.#isBehind ||= this.#isBlocked;
    this.#session.updated();
    this.#advance();
  }

  #socketOnDrain(): void {
    this.#isBlocked = false;
    this.#advance();
  }

  #socketOnTimeout(): void {
    // The peer waits for the server; the reply restarts the timeout.
    if (this.#session.awaitsOutcome) return;
    // A watcher may be silent; TCP keepalive detects whether it is still there.
    if (this.#session.isWatching && !this.#isBlocked) return;
    ifStillIdle(this.#socket, () => this.closeWith(REPLY.idleTooLong));
  }

  #socketOnClose(): void {
    this.#context.watchers.delete(this);
    clearTimeout(this.#quietTimer);
    clearTimeout(this.#closeTimer);
  }

  /** Performs every action that is possible now. The event it waits for calls it again. */
  #advance(): void {
    while (!this.#hasToWait) {
      if (this.#sendNextLine()) continue;
      const action = this.#session.next();
      if (action === undefined) break;
      this.#perform(action);
    }
    this.#flush();
    if (!this.#session.isWatching) this.#context.watchers.delete(this);
    this.#pauseOrResume();
    this.#restartQuietTimer();
  }

  #perform(action: Action): void {
    if ('line' in action && action.line !== undefined) {
      this.#hasSentLine = true;
      this.#context.log?.({ event: 'received', peer: this.#peer, line: action.line });
    }
    switch (action.do) {
      case 'reply':
        this.#reply(action.reply);
        break;
      case 'sendMessage':
        this.#send(this.#context.replies.current);
        break;
      case 'watch':
        this.#watch();
        break;
      case 'sendUpdates':
        this.#sendUpdates();
        break;
      case 'sendHistory':
        this.#replyLines = this.#context.replies.history();
        break;
      case 'store':
        void this.#store(action.message);
        break;
      case 'checkPassword':
        void this.#checkPassword(action.password, action.use);
        break;
      case 'rejectProtocol':
        this.#rejectProtocol(action.protocol);
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
    const { store, storeCounts, log } = this.#context;
    try {
      await store.store(message);
    } catch (error) {
      storeCounts.failed++;
      log?.({ event: 'storeFailed', peer: this.#peer, reason: errorMessage(error) });
      return false;
    }
    storeCounts.stored++;
    log?.({ event: 'updated', peer: this.#peer, message });
    return true;
  }

  async #checkPassword(password: string, use: PasswordUse): Promise<void> {
    const result = await this.#tryToCheckPassword(password, use);
    if (result !== 'right') this.#context.log?.({ event: 'passwordRejected', peer: this.#peer });
    this.#perform(this.#session.passwordChecked(result));
    this.#advance();
  }

  async #tryToCheckPassword(password: string, use: PasswordUse): Promise<PasswordResult> {
    const { passwords, log } = this.#context;
    try {
      return await passwords.check(sourceOf(this.#peer.host), use, password);
    } catch (error) {
      log?.({ event: 'passwordCheckFailed', peer: this.#peer, reason: errorMessage(error) });
      return 'notChecked';
    }
  }

  #reply(reply: Reply): void {
    const isRejection = isClosingReply(reply) && reply !== REPLY.shuttingDown;
    if (isRejection) this.#context.log?.({ event: 'rejected', peer: this.#peer, reply });
    this.#send(`${reply}\n`);
  }

  #rejectProtocol(protocol: string): void {
    this.#context.log?.({ event: 'foreignProtocol', peer: this.#peer, protocol });
    this.#send(`${REPLY.unknownCommand}\n`);
  }

  #watch(): void {
    this.#send(this.#context.replies.current);
    this.#lastSent = this.#context.store.history.last;
    this.#isBehind = false;
    // The peer may have closed the connection during a password check before this command.
    if (!this.#socket.destroyed) this.#context.watchers.add(this);
  }

  /** Sends the entries stored since the last one sent; only the newest if the peer was blocked. */
  #sendUpdates(): void {
    const { store, replies } = this.#context;
    const { last } = store.history;
    if (this.#isBehind) this.#lastSent = Math.max(this.#lastSent, last - 1);
    this.#isBehind = false;
    while (this.#lastSent < last && !this.#hasToWait) this.#send(replies.update(++this.#lastSent));
    if (this.#lastSent === last) return;
    this.#isBehind = this.#isBlocked;
    this.#session.updated();
  }

  /** Continues a reply that is sent line by line. @returns Whether there is one. */
  #sendNextLine(): boolean {
    if (this.#replyLines === undefined) return false;
    const { done, value } = this.#replyLines.next();
    if (done) this.#replyLines = undefined;
    else this.#send(value);
    return true;
  }

  #send(bytes: string): void {
    this.#batch += bytes;
    if (this.#batch.length < BATCH_BYTES) return;
    this.#flush();
    this.#yieldToOthers();
  }

  /**
   * Continues in the next turn of the event loop. The kernel accepts megabytes without
   * backpressure, so a thousand peers that ask for the history would block all others for seconds.
   */
  #yieldToOthers(): void {
    this.#isYielding = true;
    setImmediate(() => {
      this.#isYielding = false;
      if (!this.#socket.destroyed) this.#advance();
    });
  }

  get #hasToWait(): boolean {
    return this.#isBlocked || this.#isYielding;
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
    // Further input is read and discarded; no 'drain' follows an end.
    this.#isBlocked = false;
  }

  /**
   * Pauses the socket while no input can be processed, so that TCP applies backpressure to the
   * peer.
   */
  #pauseOrResume(): void {
    const mustPause = this.#hasToWait || this.#session.awaitsOutcome;
    if (mustPause !== this.#socket.isPaused()) {
      if (mustPause) this.#socket.pause();
      else this.#socket.resume();
    }
  }

  #restartQuietTimer(): void {
    clearTimeout(this.#quietTimer);
    if (!this.#session.mayBeBareClient) return;
    this.#quietTimer = setTimeout(() => this.#onQuiet(), BARE_CLIENT_QUIET_MS);
  }

  #onQuiet(): void {
    if (!this.#session.endQuietLine()) return;
    this.#advance();
  }

  #destroyAfter(ms: number): void {
    clearTimeout(this.#closeTimer);
    this.#closeTimer = setTimeout(() => this.#socket.destroy(), ms);
  }
}
