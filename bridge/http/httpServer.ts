// The HTTP server that Fastify runs on, with or without TLS. Its certificate can be replaced while
// it runs.

import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer, type ServerOptions } from 'node:https';
import { type SecureContextOptions, Server } from 'node:tls';
import type { FastifyInstance, FastifyServerFactory } from 'fastify';
import { limitUnanswered } from '../../access/unansweredRequests.ts';

/** How long a TLS handshake may take. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

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

/** Replaces the certificate for new connections. Existing connections are not affected. */
export function replaceCertificate({ server }: FastifyInstance, tls: SecureContextOptions): void {
  if (!(server instanceof Server)) throw new Error('this bridge does not use TLS');
  server.setSecureContext(tls);
}
