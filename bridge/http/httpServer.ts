// The server below Fastify, over TLS or not;
// with TLS, its certificate can be replaced while it runs.

import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer, type ServerOptions } from 'node:https';
import type { Socket } from 'node:net';
import { type SecureContextOptions, Server } from 'node:tls';
import type { FastifyInstance, FastifyServerFactory } from 'fastify';
import { limitUnanswered } from '../../access/unansweredRequests.ts';

/** How long a TLS handshake may take. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

/**
 * How long a peer may take to read an answer. The page's largest file, compressed, is 125 kB: that is
 * 2 kB/s, less than GPRS.
 */
const ANSWER_TIMEOUT_MS = 60_000;

/** Longer than the minute reverse proxies keep an idle connection for: they close it, not we. */
const KEEP_ALIVE_MS = 72_000;

/**
 * How long a browser may be silent before TCP asks whether it is still there
 * (tcp(7), SO_KEEPALIVE).
 */
const KEEPALIVE_AFTER_MS = 30_000;

/** What each connection is given when it is accepted. */
export const CONNECTION_OPTIONS = {
  keepAlive: true,
  keepAliveInitialDelay: KEEPALIVE_AFTER_MS,
  noDelay: true,
};

/**
 * Makes the server for Fastify. Its own would not do: it sets some time-outs anew, and where the
 * host is `localhost` it makes a second server that it hides, with no limits,
 * and the old certificate for good.
 *
 * @param tls The certificate, the key and the least version; without them, plain HTTP.
 * @param onTooMany Called for each connection that is closed for its unanswered requests.
 */
export function httpServerFactory(
  http: ServerOptions,
  tls: SecureContextOptions | undefined,
  onTooMany: () => void,
): FastifyServerFactory {
  const options = { keepAliveTimeout: KEEP_ALIVE_MS, ...http };
  const secure = { ...options, ...tls, handshakeTimeout: HANDSHAKE_TIMEOUT_MS };
  return (handler) => {
    const server = tls === undefined ? createHttpServer(options) : createHttpsServer(secure);
    limitUnanswered(server, handler, { onRefusal: onTooMany, takesUpgrades: true });
    return server;
  };
}

/** The answers that a peer has yet to read. */
interface Unread {
  answers: number;
  deadline: NodeJS.Timeout | undefined;
}

/**
 * Closes a connection whose peer does not read an answer. A WebSocket has none.
 *
 * @param timeoutMs How long each may take, from when it is given, or the one before it was read.
 */
export function limitAnswers(app: FastifyInstance, timeoutMs = ANSWER_TIMEOUT_MS): void {
  const unreadOn = new WeakMap<Socket, Unread>();
  const stateOf = (socket: Socket): Unread => {
    const known = unreadOn.get(socket);
    if (known !== undefined) return known;
    const state: Unread = { answers: 0, deadline: undefined };
    unreadOn.set(socket, state);
    // A timer that is left would keep the socket, and all it was to send, until the deadline.
    socket.once('close', () => clearTimeout(state.deadline));
    return state;
  };
  app.addHook('onSend', ({ socket }, reply, _payload, next) => {
    const state = stateOf(socket);
    const wait = () => {
      if (socket.destroyed) return;
      state.deadline = setTimeout(() => socket.destroy(), timeoutMs).unref();
    };
    state.answers++;
    // A further answer gives no more time for those before it.
    if (state.answers === 1) wait();
    reply.raw.once('close', () => {
      clearTimeout(state.deadline);
      state.answers--;
      if (state.answers > 0) wait();
    });
    next();
  });
}

/** From now on, new connections are shown this certificate; those that are open go on. */
export function replaceCertificate({ server }: FastifyInstance, tls: SecureContextOptions): void {
  if (!(server instanceof Server)) throw new Error('this bridge speaks no TLS');
  server.setSecureContext(tls);
}
