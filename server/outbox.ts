// Sends the replies of one connection: collects them in batches, and notices when to wait.
//
//   state     carries              event                               next state
//   open                           a flush fills the socket's buffer   blocked
//                                  a whole batch, or a list, is        yielding
//                                  flushed
//                                  a status is sent apart              yielding
//                                  `end`                               ended
//   yielding  the rest of a reply  the next iteration of the event     open; blocked if the buffer
//                                  loop; after a status, a moment      is still full
//                                  later
//   blocked   the rest of a reply  'drain'                             open
//   ended
//
// Send replies while it is open only: then memory is bounded by one batch and one reply. On a closed
// socket, the next write makes it wait forever: no reply is encoded that no peer reads.

import type { Socket } from 'node:net';

/** The approximate size of one write of replies. */
const BATCH_BYTES = 16 * 1024;

/**
 * The time between a status that is sent apart and what follows it. A client that waits for the
 * status has read it by then, and its next read returns the rest.
 */
const STATUS_APART_MS = 200;

/** The rest of a reply that is sent line by line. */
type Rest = Iterator<string, void> | undefined;

type OutboxState =
  | { readonly is: 'open' }
  /**
   * Other connections have a turn first. The kernel accepts megabytes without backpressure, so a
   * thousand peers that ask for the history would block all others for seconds.
   */
  | { readonly is: 'yielding'; readonly rest: Rest }
  /** The peer does not read. */
  | { readonly is: 'blocked'; readonly rest: Rest }
  | { readonly is: 'ended' };

const OPEN: OutboxState = { is: 'open' };
const YIELDING: OutboxState = { is: 'yielding', rest: undefined };
const BLOCKED: OutboxState = { is: 'blocked', rest: undefined };
const ENDED: OutboxState = { is: 'ended' };

export interface OutboxEvents {
  /** It is open again after other connections had a turn. */
  readonly onTurn: () => void;
  /** It is open again after the peer was blocked. */
  readonly onDrain: () => void;
}

export interface OutboxOptions {
  /**
   * Whether the first line of a longer reply is a segment of its own, for clients that read it by
   * itself. The socket must not delay small segments (TCP_NODELAY).
   */
  readonly sendsStatusApart: boolean;
}

export class Outbox {
  readonly #socket: Socket;
  readonly #sendsStatusApart: boolean;
  readonly #events: OutboxEvents;
  #state = OPEN;
  /** Replies to be written, a byte string. */
  #batch = '';

  constructor(
    socket: Socket,
    events: OutboxEvents,
    { sendsStatusApart }: OutboxOptions = { sendsStatusApart: false },
  ) {
    this.#socket = socket;
    this.#sendsStatusApart = sendsStatusApart;
    this.#events = events;
    socket.on('drain', () => this.#socketOnDrain());
  }

  /** Whether no reply may be sent until `onTurn` or `onDrain`. */
  get hasToWait(): boolean {
    return this.#state.is === 'yielding' || this.#state.is === 'blocked';
  }

  get isBlocked(): boolean {
    return this.#state.is === 'blocked';
  }

  /** @param bytes A reply, a byte string. It is written when its batch is full, or at `flush`. */
  send(bytes: string): void {
    const statusEnd = this.#sendsStatusApart ? bytes.indexOf('\n') + 1 : bytes.length;
    if (statusEnd === bytes.length) this.#add(bytes);
    else this.#sendApart(bytes.slice(0, statusEnd), [bytes.slice(statusEnd)].values());
  }

  /** Sends a reply line by line, as the peer reads it. The next reply follows it. */
  sendLines(lines: Iterator<string, void>): void {
    const status = this.#sendsStatusApart ? lines.next().value : undefined;
    if (status === undefined) this.#addLines(lines);
    else this.#sendApart(status, lines);
  }

  /** Writes what is collected. */
  flush(): void {
    if (this.#batch !== '' && !this.#write()) this.#state = BLOCKED;
  }

  /** Writes what is collected, and half-closes. Nothing may be sent afterwards. */
  end(): void {
    this.flush();
    this.#state = ENDED;
    this.#socket.end();
  }

  #add(bytes: string): void {
    this.#batch += bytes;
    if (this.#batch.length >= BATCH_BYTES) this.#flushAndYield();
  }

  #addLines(lines: Iterator<string, void>): void {
    while (this.#state.is === 'open') {
      const { done, value } = lines.next();
      if (done) {
        // A short list may have cost as much as a long one.
        this.#flushAndYield();
        return;
      }
      this.#add(value);
    }
    this.#state = { is: 'yielding', rest: lines };
  }

  #sendApart(status: string, rest: Iterator<string, void>): void {
    this.#batch += status;
    this.#write();
    this.#state = { is: 'yielding', rest };
    setTimeout(() => this.#onTurn(), STATUS_APART_MS);
  }

  #flushAndYield(): void {
    this.#write();
    this.#state = YIELDING;
    setImmediate(() => this.#onTurn());
  }

  /** @returns Whether the socket accepts more. */
  #write(): boolean {
    const batch = this.#batch;
    this.#batch = '';
    return this.#socket.write(batch, 'latin1');
  }

  #onTurn(): void {
    if (this.#state.is !== 'yielding' || this.#socket.destroyed) return;
    const { rest } = this.#state;
    if (this.#socket.writableNeedDrain) this.#state = { is: 'blocked', rest };
    else this.#reopen(rest, this.#events.onTurn);
  }

  #socketOnDrain(): void {
    if (this.#state.is !== 'blocked') return;
    this.#reopen(this.#state.rest, this.#events.onDrain);
  }

  #reopen(rest: Rest, onOpen: () => void): void {
    this.#state = OPEN;
    if (rest !== undefined) this.#addLines(rest);
    if (!this.hasToWait) onOpen();
  }
}
