// Puts a socket around a session: bytes in, actions out, and never more in memory than one chunk
// of input and one batch of replies. While a peer does not read its replies, its commands wait.

import type { Socket } from 'node:net';
import type { Endpoint } from '../access/endpoint.ts';
import type { PasswordGuard } from '../access/passwordGuard.ts';
import { sourceOf } from '../access/source.ts';
import { isClosingReply, REPLY, type Reply } from '../protocol/replies.ts';
import type { EncodedReplies } from './encodedReplies.ts';
import { errorMessage } from './errorMessage.ts';
import type { Log } from './events.ts';
import { ifStillIdle } from './net/idleSocket.ts';
import { type Action, type PasswordUse, Session, type Verdict } from './session/session.ts';
import type { MessageStore } from './stores/store.ts';
import type { Watchers } from './watchers.ts';

/** How long a peer that may never send an LF has to be quiet (PROTOCOL.md, "Bare clients"). */
const BARE_CLIENT_QUIET_MS = 100;

/** Replies to what came in together leave together, in batches of about this many bytes. */
const BATCH_BYTES = 16 * 1024;

/**
 * How long a peer may take to close its side once we have closed ours. Closing at once, with
 * bytes of the peer still unread, would make TCP reset the connection and lose the last replies.
 */
const LINGER_MS = 1000;

/** How long a peer that has to go may take for its last replies. */
const DISMISSAL_DEADLINE_MS = 5000;

/** What became of the messages that peers have sent to be stored. */
export interface StoreCounts {
  stored: number;
  failed: number;
}

export interface ConnectionContext {
  store: MessageStore;
  /** They grow. */
  storeCounts: StoreCounts;
  messages: EncodedReplies;
  passwords: PasswordGuard<PasswordUse>;
  watchers: Watchers;
  /** How long a peer may say nothing and take nothing, in milliseconds; 0 for ever. */
  idleTimeoutMs: number;
  /** Ends the whole server. */
  shutDown(): void;
  /** `undefined` where nobody listens: no event is made then. */
  log: Log | undefined;
}

export class Connection {
  readonly #socket: Socket;
  readonly #peer: Endpoint;
  readonly #context: ConnectionContext;
  readonly #session: Session;
  #batch = '';
  #hasAsked = false;
  /** A reply that is being sent a line at a time. */
  #lines: Iterator<string, void> | undefined;
  /** The number in the history of the last message a watcher was sent. */
  #seen = 0;
  #isBehind = false;
  /** The peer does not take what it was sent. */
  #isBlocked = false;
  /** It does, and it is somebody else's turn. */
  #isGivingWay = false;
  #quietTimer: NodeJS.Timeout | undefined;
  #deadline: NodeJS.Timeout | undefined;

  /** @param socket An open socket, paused. */
  constructor(socket: Socket, peer: Endpoint, context: ConnectionContext) {
    this.#socket = socket;
    this.#peer = peer;
    this.#context = context;
    this.#session = new Session({ isStoreGuarded: context.passwords.isGuarded('store') });
    socket.on('data', (chunk: Buffer) => this.receive(chunk.toString('latin1')));
    socket.on('drain', () => this.#socketOnDrain());
    socket.on('end', () => this.end());
    socket.on('close', () => this.#socketOnClose());
    socket.setTimeout(context.idleTimeoutMs);
    socket.on('timeout', () => this.#socketOnTimeout());
  }

  /** Whether the peer has said a line. */
  get hasAsked(): boolean {
    return this.#hasAsked;
  }

  /** The peer said this, as a byte string. */
  receive(bytes: string): void {
    this.#session.receive(bytes);
    this.#advance();
  }

  /** The peer closed its side. */
  end(): void {
    this.#session.end();
    this.#advance();
  }

  /** Answers what was asked, tells the peer why it has to go, and closes. */
  dismiss(why: Reply): void {
    this.#session.dismiss(why);
    if (this.#deadline === undefined) this.#destroyAfter(DISMISSAL_DEADLINE_MS);
    this.#advance();
  }

  /** A message was stored; this peer watches. */
  updated(): void {
    // Called before it could be told of an earlier one: it gets the newest then, and no more.
    this.#isBehind ||= this.#isBlocked;
    this.#session.updated();
    this.#advance();
  }

  #socketOnDrain(): void {
    this.#isBlocked = false;
    this.#advance();
  }

  #socketOnTimeout(): void {
    // One that waits for us is not idle; its answer renews the timeout.
    if (this.#session.isBusy) return;
    // Nor is one that watches; TCP's keepalive finds out whether it is still there.
    if (this.#session.isWatching && !this.#isBlocked) return;
    ifStillIdle(this.#socket, () => this.dismiss(REPLY.idleTooLong));
  }

  #socketOnClose(): void {
    this.#context.watchers.delete(this);
    clearTimeout(this.#quietTimer);
    clearTimeout(this.#deadline);
  }

  /** Does all that can be done now; what has to wait is picked up by the event it waits for. */
  #advance(): void {
    while (!this.#hasToWait) {
      if (this.#sendNextLine()) continue;
      const action = this.#session.next();
      if (action === undefined) break;
      this.#perform(action);
    }
    this.#flush();
    if (!this.#session.isWatching) this.#context.watchers.delete(this);
    this.#readOrWait();
    this.#watchForBareClient();
  }

  #perform(action: Action): void {
    if ('line' in action && action.line !== undefined) {
      this.#hasAsked = true;
      this.#context.log?.({ event: 'received', peer: this.#peer, line: action.line });
    }
    switch (action.do) {
      case 'reply':
        this.#reply(action.reply);
        break;
      case 'sendMessage':
        this.#send(this.#context.messages.reply);
        break;
      case 'watch':
        this.#watch();
        break;
      case 'sendUpdates':
        this.#sendUpdates();
        break;
      case 'sendHistory':
        this.#lines = this.#context.messages.history();
        break;
      case 'store':
        void this.#store(action.message);
        break;
      case 'verify':
        void this.#verify(action.password, action.use);
        break;
      case 'reject':
        this.#reject(action.protocol);
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

  async #verify(password: string, use: PasswordUse): Promise<void> {
    const verdict = await this.#tryToVerify(password, use);
    if (verdict !== 'right') this.#context.log?.({ event: 'passwordRefused', peer: this.#peer });
    this.#perform(this.#session.verified(verdict));
    this.#advance();
  }

  async #tryToVerify(password: string, use: PasswordUse): Promise<Verdict> {
    const { passwords, log } = this.#context;
    try {
      return await passwords.check(sourceOf(this.#peer.host), use, password);
    } catch (error) {
      log?.({ event: 'passwordCheckFailed', peer: this.#peer, reason: errorMessage(error) });
      return 'refused';
    }
  }

  #reply(reply: Reply): void {
    const isRejection = isClosingReply(reply) && reply !== REPLY.shuttingDown;
    if (isRejection) this.#context.log?.({ event: 'rejected', peer: this.#peer, reply });
    this.#send(`${reply}\n`);
  }

  #reject(protocol: string): void {
    this.#context.log?.({ event: 'foreignProtocol', peer: this.#peer, protocol });
    this.#send(`${REPLY.unknownCommand}\n`);
  }

  #watch(): void {
    this.#send(this.#context.messages.reply);
    this.#seen = this.#context.store.history.last;
    this.#isBehind = false;
    // A password check before it may have outlasted the peer.
    if (!this.#socket.destroyed) this.#context.watchers.add(this);
  }

  /** What was stored since; of what came while this peer was too slow, only the newest. */
  #sendUpdates(): void {
    const { store, messages } = this.#context;
    const { last } = store.history;
    if (this.#isBehind) this.#seen = Math.max(this.#seen, last - 1);
    this.#isBehind = false;
    while (this.#seen < last && !this.#hasToWait) this.#send(messages.line(++this.#seen));
    if (this.#seen === last) return;
    this.#isBehind = this.#isBlocked;
    this.#session.updated();
  }

  /** Goes on with a reply that is sent a line at a time. @returns Whether there is one. */
  #sendNextLine(): boolean {
    if (this.#lines === undefined) return false;
    const { done, value } = this.#lines.next();
    if (done) this.#lines = undefined;
    else this.#send(value);
    return true;
  }

  #send(bytes: string): void {
    this.#batch += bytes;
    if (this.#batch.length < BATCH_BYTES) return;
    this.#flush();
    this.#giveWay();
  }

  /**
   * Goes on after everybody else had a turn. The kernel takes megabytes without a pause: a thousand
   * peers who ask for the history would hold up the rest for seconds.
   */
  #giveWay(): void {
    this.#isGivingWay = true;
    setImmediate(() => {
      this.#isGivingWay = false;
      if (!this.#socket.destroyed) this.#advance();
    });
  }

  get #hasToWait(): boolean {
    return this.#isBlocked || this.#isGivingWay;
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
    // Nothing is left to answer, and no 'drain' follows an end:
    // what still comes is read and dropped.
    this.#isBlocked = false;
  }

  /** Reads on only when there is nothing left to do: what TCP holds back costs no memory here. */
  #readOrWait(): void {
    const mustNotRead = this.#hasToWait || this.#session.isBusy;
    if (mustNotRead !== this.#socket.isPaused()) {
      if (mustNotRead) this.#socket.pause();
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
