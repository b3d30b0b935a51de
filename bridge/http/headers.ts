// The headers of every response: the security policy for browsers, and no caching.

import type { FastifyInstance } from 'fastify';
import helmet from 'helmet';

/**
 * Sets the headers of every response. Call it before the routes are registered. A response is not
 * cached unless its route allows it. Exception: a path that cannot be decoded gets 400 before any
 * hook runs, without these headers.
 *
 * @param scriptHashes The hashes of the page's inline scripts (CSP 3, section 2.3.1).
 */
export function setHeaders(app: FastifyInstance, scriptHashes: readonly string[]): void {
  // One for all requests: @fastify/helmet would build one per request.
  const setSecurityHeaders = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { ...DIRECTIVES, scriptSrc: ["'self'", ...scriptHashes] },
    },
    // For browsers that do not support 'frame-ancestors'.
    xFrameOptions: { action: 'deny' },
    // It has no effect over plain HTTP. If a reverse proxy terminates TLS, it sets this header.
    strictTransportSecurity: false,
  });
  app.addHook('onRequest', ({ raw }, reply, next) => {
    reply.header('cache-control', 'no-store');
    // The argument is an Error or undefined, but typed as unknown.
    setSecurityHeaders(raw, reply.raw, (error) => next(error instanceof Error ? error : undefined));
  });
}

// Content Security Policy Level 3. Without upgrade-insecure-requests: on loopback the page is
// served over plain HTTP, and would request its files over https:.
const DIRECTIVES = {
  defaultSrc: ["'none'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'"],
  // 'self' includes WebSockets (section "Does url match expression in origin").
  connectSrc: ["'self'"],
  manifestSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
  requireTrustedTypesFor: ["'script'"],
  trustedTypes: ["'none'"],
};
