// The server below Fastify, over TLS or not;
// with TLS, its certificate can be replaced while it runs.

import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer, type ServerOptions } from 'node:https';
import { type SecureContextOptions, Server } from 'node:tls';
import type { FastifyInstance, FastifyServerFactory } from 'fastify';

/** How long a TLS handshake may take. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

/** Longer than the minute reverse proxies keep an idle connection for: they close it, not we. */
const KEEP_ALIVE_MS = 72_000;

/**
 * Makes the server for Fastify. Its own would not do: it sets some time-outs anew, and where the
 * host is `localhost` it makes a second server that it hides, with no limits,
 * and the old certificate for good.
 *
 * @param tls The certificate, the key and the least version; without them, plain HTTP.
 */
export function httpServerFactory(
  http: ServerOptions,
  tls: SecureContextOptions | undefined,
): FastifyServerFactory {
  const options = { keepAliveTimeout: KEEP_ALIVE_MS, ...http };
  return (handler) => {
    if (tls === undefined) return createHttpServer(options, handler);
    return createHttpsServer(
      { ...options, ...tls, handshakeTimeout: HANDSHAKE_TIMEOUT_MS },
      handler,
    );
  };
}

/** From now on, new connections are shown this certificate; those that are open go on. */
export function replaceCertificate({ server }: FastifyInstance, tls: SecureContextOptions): void {
  if (!(server instanceof Server)) throw new Error('this bridge speaks no TLS');
  server.setSecureContext(tls);
}
