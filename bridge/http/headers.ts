// The headers of every response: the security policy for browsers, and no caching.

import { IncomingMessage, type OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import helmet from 'helmet';

export interface PagePolicy {
  /** The hashes of its inline scripts (CSP 3, section 2.3.1). */
  scriptHashes: readonly string[];
  /** The origins whose pages may show it in a frame. */
  frameOrigins: readonly string[];
}

/**
 * Sets the headers of every response. Call it before the routes are registered. A response is not
 * cached unless its route allows it. Exception: a path that cannot be decoded gets 400 before any
 * hook runs, without these headers.
 *
 * @param page What the page's policy allows.
 */
export function setHeaders(app: FastifyInstance, page: PagePolicy): void {
  const headers = { ...securityHeaders(page), 'cache-control': 'no-store' };
  app.addHook('onRequest', (request, reply, next) => {
    reply.headers(headers);
    if (mayHaveOpener(request.headers['sec-fetch-site'])) {
      reply.header('cross-origin-opener-policy', 'same-origin');
    }
    next();
  });
}

/**
 * Whether a window of another site may have opened the page, and could navigate it elsewhere. The
 * policy prevents that, but makes Chromium start a second process for the page: a third of the time
 * to the prompt (docs/performance.md). So it is left out when the user typed the address, or chose a
 * bookmark. A page of this origin may have an opener itself.
 *
 * @param site Where the request comes from (Fetch Metadata, section 2.3). Old browsers do not send it.
 */
function mayHaveOpener(site: string | string[] | undefined): boolean {
  return site !== 'none';
}

/** The headers that helmet sets. They are always the same: it would build them for each request. */
function securityHeaders({ scriptHashes, frameOrigins }: PagePolicy): OutgoingHttpHeaders {
  const mayBeFramed = frameOrigins.length > 0;
  const setSecurityHeaders = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        ...DIRECTIVES,
        scriptSrc: ["'self'", ...scriptHashes],
        frameAncestors: mayBeFramed ? frameOrigins : ["'none'"],
      },
    },
    // For browsers that do not support 'frame-ancestors'. It has no form for an origin (RFC 7034,
    // section 2.1).
    xFrameOptions: mayBeFramed ? false : { action: 'deny' },
    // Only if it matters, see below.
    crossOriginOpenerPolicy: false,
    // It has no effect over plain HTTP. If a reverse proxy terminates TLS, it sets this header.
    strictTransportSecurity: false,
  });
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  setSecurityHeaders(request, response, (error) => {
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
  requireTrustedTypesFor: ["'script'"],
  trustedTypes: ["'none'"],
};
