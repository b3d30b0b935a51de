// The headers of every response: the security policy for browsers, and no caching.

import { IncomingMessage, type OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
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
  const headers = { ...securityHeaders(scriptHashes), 'cache-control': 'no-store' };
  app.addHook('onRequest', (_request, reply, next) => {
    reply.headers(headers);
    next();
  });
}

/** The headers that helmet sets. They are always the same: it would build them for each request. */
function securityHeaders(scriptHashes: readonly string[]): OutgoingHttpHeaders {
  const setHeaders = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { ...DIRECTIVES, scriptSrc: ["'self'", ...scriptHashes] },
    },
    // For browsers that do not support 'frame-ancestors'.
    xFrameOptions: { action: 'deny' },
    // It has no effect over plain HTTP. If a reverse proxy terminates TLS, it sets this header.
    strictTransportSecurity: false,
  });
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  setHeaders(request, response, (error) => {
    if (error instanceof Error) throw error;
  });
  return { ...response.getHeaders() };
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
