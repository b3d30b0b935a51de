// The HTTP server that Fastify runs on, with or without TLS. Its certificate can be replaced while
// it runs.

import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer, type ServerOptions } from 'node:https';
import type { Socket } from 'node:net';
import { type SecureContextOptions, Server } from 'node:tls';
import type { FastifyInstance, FastifyServerFactory } from 'fastify';
import { limitUnanswered } from '../../access/unansweredRequests.ts';

/** How long a TLS handshake may take. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

/**
 * How long a peer may take to read a response. The page's largest file is 104 kB compressed, which
 * allows for 2 kB/s, slower than GPRS.
 */
const RESPONSE_TIMEOUT_MS = 60_000;

/**
 * Longer than the minute for which reverse proxies keep an idle connection, so that they close it.
 */
const KEEP_ALIVE_MS = 72_000;

/** How long a connection may be silent before TCP probes it (tcp(7), SO_KEEPALIVE). */
const KEEPALIVE_AFTER_MS = 30_000;

/** The socket options of each accepted connection. */
export const CONNECTION_OPTIONS = {
  keepAlive: true,
  keepAliveInitialDelay: KEEPALIVE_AFTER_MS,
  noDelay: true,
};

/**
 * Makes the server for Fastify. Fastify's own server is not suitable: it overrides some timeouts,
 * and for the host `localhost` it creates a second, hidden server without the limits, whose
 * certificate could not be replaced.
 *
 * @param tls The certificate, the key and the minimum version; without them, plain HTTP. With `ca`,
 *   the handshake requires a client certificate.
 * @param onTooMany Called for each connection that is closed because of its unanswered requests.
 */
export function httpServerFactory(
  http: ServerOptions,
  tls: SecureContextOptions | undefined,
  onTooMany: () => void,
): FastifyServerFactory {
  const options = { keepAliveTimeout: KEEP_ALIVE_MS, ...http };
  const requiresCertificate = tls?.ca !== undefined;
  const secure = {
    ...options,
    ...tls,
    requestCert: requiresCertificate,
    rejectUnauthorized: requiresCertificate,
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
  };
  return (handler) => {
    const server = tls === undefined ? createHttpServer(options) : createHttpsServer(secure);
    limitUnanswered(server, handler, { onRejection: onTooMany, acceptsUpgrades: true });
    return server;
  };
}

/** The responses that a peer has not read completely. */
interface UnreadResponses {
  count: number;
  deadline: NodeJS.Timeout | undefined;
}

/**
 * Closes a connection whose peer does not read a response in time. WebSockets are not affected.
 *
 * @param timeoutMs The time to read each response. It starts when the response is sent, or when all
 *   earlier responses have been read.
 */
export function limitResponseTime(app: FastifyInstance, timeoutMs = RESPONSE_TIMEOUT_MS): void {
  const unreadOn = new WeakMap<Socket, UnreadResponses>();
  const stateOf = (socket: Socket): UnreadResponses => {
    const known = unreadOn.get(socket);
    if (known !== undefined) return known;
    const state: UnreadResponses = { count: 0, deadline: undefined };
    unreadOn.set(socket, state);
    // A remaining timer would keep the socket and its unsent data in memory until the deadline.
    socket.once('close', () => clearTimeout(state.deadline));
    return state;
  };
  app.addHook('onSend', ({ socket }, reply, _payload, next) => {
    const state = stateOf(socket);
    const startTimer = () => {
      if (socket.destroyed) return;
      state.deadline = setTimeout(() => socket.destroy(), timeoutMs).unref();
    };
    state.count++;
    // A further response does not extend the time for those before it.
    if (state.count === 1) startTimer();
    reply.raw.once('close', () => {
      clearTimeout(state.deadline);
      state.count--;
      if (state.count > 0) startTimer();
    });
    next();
  });
}

/** Replaces the certificate for new connections. Existing connections are not affected. */
export function replaceCertificate({ server }: FastifyInstance, tls: SecureContextOptions): void {
  if (!(server instanceof Server)) throw new Error('this bridge does not use TLS');
  server.setSecureContext(tls);
}
