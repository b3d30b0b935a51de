// Drives one connection: passes the socket's bytes to the session, and performs the actions.
//
// Goals: memory is bounded by one chunk of input and one batch of replies; a slow or busy peer does
// not delay others.
//
// Design: the states are elsewhere: of the conversation in session/session.ts, of the replies in
// outbox.ts, of a watch in watchCursor.ts. Whatever happens is passed to one of them, then `#advance`
// performs all actions that are possible. While an outcome is awaited, or the outbox has to wait,
// the socket is paused, so further commands stay in TCP's buffers:
//
//   session            outbox             socket   continues at
//   awaits an outcome  any                paused   the outcome
//   any other state    yielding, blocked  paused   `onTurn`, `onDrain`
//                      open, ended        flows    'data', 'end', `updated`, `stop`
//
// Replies to the lines before a write or a password check are sent together with its outcome. The
// peer does not wait for them: it has sent that line already. Never held back are the reply that
// reports an outcome, and any reply once the connection is closing: a crash or a forced close would
// lose them.
//
// The connection ends when the session closes: it half-closes, then waits for the peer to do so.

import type { Socket } from 'node:net';
import { isClosingReply, REPLY, type Reply } from '../protocol/replies.ts';
import type { ConnectionContext } from './connectionContext.ts';
import type { Stoppable } from './gracefulStop.ts';
import { ifStillIdle } from './net/idleSocket.ts';
import { Outbox } from './outbox.ts';
import { checkPassword, write } from './outcomes.ts';
import type { Peer } from './peer.ts';
import type { Action, PasswordUse } from './session/action.ts';
import { Session } from './session/session.ts';
import type { WriteRequest } from './session/writeRequest.ts';
import { WatchCursor } from './watchCursor.ts';

/** How long a peer that may never send an LF has to be silent (PROTOCOL.md, "Bare clients"). */
const BARE_CLIENT_QUIET_MS = 100;

/**
 * How long the peer may take to close its side after the server has half-closed. Closing with
 * unread input makes TCP reset the connection, and the peer loses the last replies.
 */
const LINGER_MS = 1000;

/** How long a peer may take to read its last replies after `#closeWith`. */
const CLOSE_TIMEOUT_MS = 5000;

export class Connection implements Stoppable {
  readonly #socket: Socket;
  readonly #peer: Peer;
  readonly #context: ConnectionContext;
  readonly #session: Session;
  readonly #outbox: Outbox;
  /** `undefined` unless the peer watches. */
  #cursor: WatchCursor | undefined;
  #quietTimer: NodeJS.Timeout | undefined;
  #closeTimer: NodeJS.Timeout | undefined;

  /** @param socket An open socket, paused. */
  constructor(socket: Socket, peer: Peer, context: ConnectionContext) {
    this.#socket = socket;
    this.#peer = peer;
    this.#context = context;
    const isOriginal = context.compat === 'original';
    this.#session = new Session({
      isStoreGuarded: context.passwords.isGuarded('store'),
      takesReadsAsLines: isOriginal,
    });
    this.#outbox = new Outbox(
      socket,
      { onTurn: () => this.#advance(), onDrain: () => this.#outboxOnDrain() },
      { sendsStatusApart: isOriginal },
    );
    socket.on('data', (chunk: Buffer) => this.receive(chunk.toString('latin1')));
    socket.on('end', () => this.endInput());
    socket.setTimeout(context.idleTimeoutMs);
    socket.on('timeout', () => this.#socketOnTimeout());
  }

  /** Whether the peer has sent at least one line. */
  get hasSentLine(): boolean {
    return !this.#session.awaitsFirstLine;
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

  /** The server stops. */
  stop(): void {
    this.#closeWith(REPLY.shuttingDown);
  }

  /** Another message came into force, and the peer watches. */
  updated(): void {
    this.#session.updated();
    this.#advance();
  }

  /** The socket is closed. */
  dispose(): void {
    this.#context.watchers.delete(this);
    clearTimeout(this.#quietTimer);
    clearTimeout(this.#closeTimer);
  }

  #outboxOnDrain(): void {
    // A watcher too slow for every update is sent only the newest.
    this.#cursor?.skipToNewest();
    this.#advance();
  }

  #socketOnTimeout(): void {
    // The peer waits for the server; the reply restarts the timeout.
    if (this.#session.awaitsOutcome) return;
    // A watcher may be silent; TCP keepalive detects whether it is still there.
    if (this.#session.isWatching && !this.#outbox.isBlocked) return;
    ifStillIdle(this.#socket, () => this.#closeWith(REPLY.idleTooLong));
  }

  /** Answers the lines received so far, sends this reply, and closes. */
  #closeWith(reply: Reply): void {
    this.#session.closeWith(reply);
    if (this.#closeTimer === undefined) this.#destroyAfter(CLOSE_TIMEOUT_MS);
    this.#advance();
  }

  /** Performs every action that is possible now. The event it waits for calls it again. */
  #advance(): void {
    const mayHoldBack = !this.#session.isDue && this.#closeTimer === undefined;
    while (!this.#outbox.hasToWait) {
      const action = this.#session.next();
      if (action === undefined) break;
      this.#perform(action);
    }
    if (!mayHoldBack || !this.#session.awaitsOutcome) this.#outbox.flush();
    if (this.#cursor !== undefined && !this.#session.isWatching) this.#endWatch();
    this.#pauseOrResume();
    this.#restartQuietTimer();
  }

  #perform(action: Action): void {
    if ('line' in action && action.line !== undefined) {
      this.#context.log?.({ event: 'received', peer: this.#peer, line: action.line });
    }
    switch (action.do) {
      case 'reply':
        this.#reply(action.reply);
        break;
      case 'sendMessage':
        this.#outbox.send(this.#context.replies.current);
        break;
      case 'sendInfo':
        this.#outbox.send(this.#context.replies.info);
        break;
      case 'watch':
        this.#watch();
        break;
      case 'sendUpdate':
        this.#sendUpdate();
        break;
      case 'sendList':
        this.#outbox.sendLines(this.#context.replies.list(action.line));
        break;
      case 'write':
        void this.#write(action.request);
        break;
      case 'checkPassword':
        void this.#checkPassword(action.password, action.use);
        break;
      case 'rejectProtocol':
        this.#rejectProtocol(action.protocol);
        break;
      case 'shutDown':
        this.#shutDown();
        break;
      case 'close':
        this.#close();
        break;
      default:
        action satisfies never;
    }
  }

  async #write(request: WriteRequest): Promise<void> {
    this.#session.written(await write(request, this.#peer, this.#context));
    this.#advance();
  }

  async #checkPassword(password: string, use: PasswordUse): Promise<void> {
    const result = await checkPassword(password, use, this.#peer, this.#context);
    this.#session.passwordChecked(result);
    this.#advance();
  }

  #reply(reply: Reply): void {
    const isRejection = isClosingReply(reply) && reply !== REPLY.shuttingDown;
    if (isRejection) this.#context.log?.({ event: 'rejected', peer: this.#peer, reply });
    if (reply === REPLY.unknownCommand)
      this.#context.log?.({ event: 'unknownCommand', peer: this.#peer });
    this.#outbox.send(`${reply}\n`);
  }

  #rejectProtocol(protocol: string): void {
    this.#context.log?.({ event: 'foreignProtocol', peer: this.#peer, protocol });
    this.#outbox.send(`${REPLY.unknownCommand}\n`);
  }

  #watch(): void {
    const { inForce, replies, watchers } = this.#context;
    this.#outbox.send(replies.current);
    this.#cursor = new WatchCursor(inForce.changes);
    // The peer may have closed the connection during a password check before this command.
    if (!this.#socket.destroyed) watchers.add(this);
  }

  #sendUpdate(): void {
    const number = this.#cursor?.take();
    if (number !== undefined) this.#outbox.send(this.#context.replies.change(number));
    if (this.#cursor?.isBehind) this.#session.updated();
  }

  #endWatch(): void {
    this.#cursor = undefined;
    this.#context.watchers.delete(this);
  }

  #shutDown(): void {
    this.#context.log?.({ event: 'shutdownAccepted', peer: this.#peer });
    this.#outbox.flush();
    this.#context.shutDown();
  }

  /** Half-closes. Further input is read and discarded, until the peer closes its side. */
  #close(): void {
    this.#socket.once('finish', () => this.#destroyAfter(LINGER_MS));
    this.#outbox.end();
  }

  /**
   * Pauses the socket while no input can be processed, so that TCP applies backpressure to the
   * peer.
   */
  #pauseOrResume(): void {
    const mustPause = this.#outbox.hasToWait || this.#session.awaitsOutcome;
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
    if (this.#session.endQuietLine()) this.#advance();
  }

  #destroyAfter(ms: number): void {
    clearTimeout(this.#closeTimer);
    this.#closeTimer = setTimeout(() => this.#socket.destroy(), ms);
  }
}
