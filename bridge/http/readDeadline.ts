// Closes a connection whose peer does not read a response. WebSockets and event streams have rules
// of their own.
//
// A long response is sent in pieces, each when the one before it is read. A slow peer therefore gets
// all of it, however long that takes, and holds no more than a piece of it in memory, also over TLS.
//
//   event                          the deadline
//   a response is sent             starts, unless an earlier one is not read
//   a piece is read                starts again
//   a response is read             starts again for the next one, if there is one
//   the deadline is over           the connection is closed
//
// What counts as read is what the operating system has accepted: if its buffer is full, it accepts
// more only when the peer has read about a third of it (Linux, sk_stream_is_writeable). The buffer
// grows to a few megabytes (tcp(7), tcp_wmem), so a peer that reads 25 kB/s gets all.

import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';

/** How long the operating system may accept nothing. */
const READ_TIMEOUT_MS = 60_000;

/** The size of a piece. What is shorter is sent at once. */
const PIECE_BYTES = 64 * 1024;

/** The responses on one connection. */
class UnreadResponses {
  #count = 0;
  readonly #socket: Socket;
  readonly #deadline: NodeJS.Timeout;

  constructor(socket: Socket, timeoutMs: number) {
    this.#socket = socket;
    this.#deadline = setTimeout(() => this.#closeIfUnread(), timeoutMs).unref();
    // A remaining timer would keep the socket and its unsent data in memory until the deadline.
    socket.once('close', () => clearTimeout(this.#deadline));
  }

  add(): void {
    // A further response does not extend the time for those before it.
    if (this.#count++ === 0) this.restartDeadline();
  }

  readonly remove = (): void => {
    if (--this.#count > 0) this.restartDeadline();
  };

  readonly restartDeadline = (): void => {
    if (!this.#socket.destroyed) this.#deadline.refresh();
  };

  #closeIfUnread(): void {
    if (this.#count > 0) this.#socket.destroy();
  }
}

/** @param timeoutMs How long a peer may take to read a piece of a response. */
export function limitReadTime(app: FastifyInstance, timeoutMs = READ_TIMEOUT_MS): void {
  const unreadOn = new WeakMap<Socket, UnreadResponses>();
  const unreadResponses = (socket: Socket): UnreadResponses => {
    const known = unreadOn.get(socket);
    if (known !== undefined) return known;
    const created = new UnreadResponses(socket, timeoutMs);
    unreadOn.set(socket, created);
    return created;
  };
  app.addHook('onSend', ({ method, socket }, reply, payload, next) => {
    if (socket.destroyed) {
      next();
      return;
    }
    const unread = unreadResponses(socket);
    unread.add();
    reply.raw.once('close', unread.remove);
    if (method === 'HEAD' || !isLong(payload)) {
      next();
      return;
    }
    const body = typeof payload === 'string' ? Buffer.from(payload) : payload;
    reply.raw.on('drain', unread.restartDeadline);
    reply.header('content-length', body.length);
    next(null, Readable.from(piecesOf(body)));
  });
}

function isLong(payload: unknown): payload is string | Buffer {
  return (typeof payload === 'string' || Buffer.isBuffer(payload)) && payload.length > PIECE_BYTES;
}

function* piecesOf(body: Buffer): Generator<Buffer> {
  for (let start = 0; start < body.length; start += PIECE_BYTES) {
    yield body.subarray(start, start + PIECE_BYTES);
  }
}
