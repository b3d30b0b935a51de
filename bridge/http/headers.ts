// The headers of every answer: what a browser may do with it, and that nobody keeps it.

import type { FastifyInstance } from 'fastify';
import helmet from 'helmet';

/**
 * Sets the headers of every answer. Register it before the routes.
 *
 * @param scriptHashes Of the scripts in the page itself, as the policy names them (CSP 3, section 2.3.1).
 *
 * An answer is not kept by any cache unless its route says so. (An address that cannot be decoded
 * has none of this: it is answered with 400 before any hook.)
 */
export function setHeaders(app: FastifyInstance, scriptHashes: readonly string[]): void {
  // One for all requests: @fastify/helmet makes a new one for each.
  const setSecurityHeaders = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { ...DIRECTIVES, scriptSrc: ["'self'", ...scriptHashes] },
    },
    // Where 'frame-ancestors' is not understood.
    xFrameOptions: { action: 'deny' },
    // Over plain HTTP it means nothing; where a reverse proxy speaks TLS, it is the proxy's to say.
    strictTransportSecurity: false,
  });
  app.addHook('onRequest', ({ raw }, reply, next) => {
    reply.header('cache-control', 'no-store');
    // It says an Error or nothing, though it is typed as if it could be anything.
    setSecurityHeaders(raw, reply.raw, (error) => next(error instanceof Error ? error : undefined));
  });
}

// Content Security Policy Level 3. There is no upgrade-insecure-requests: the page is served over
// plain HTTP on loopback, and it would look for its files at https:.
const DIRECTIVES = {
  defaultSrc: ["'none'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'"],
  // As a WebSocket, too (section "Does url match expression in origin").
  connectSrc: ["'self'"],
  manifestSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
  requireTrustedTypesFor: ["'script'"],
  trustedTypes: ["'none'"],
};
