// Lets pages of named origins read the feed (WHATWG Fetch, section 3.3, "CORS protocol"). Other
// origins get no header, and their pages cannot read the response.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Pages of named origins may read the responses of the route. */
    isCrossOrigin?: true;
  }
}

/** How long a browser may remember the answer to a preflight request, in seconds. */
const PREFLIGHT_MAX_AGE_SECONDS = 600;

export class CrossOrigin {
  readonly #origins: ReadonlySet<string>;

  /** @param origins As browsers write them: `https://HOST` or `https://HOST:PORT`. */
  constructor(origins: readonly string[]) {
    this.#origins = new Set(origins);
  }

  /** Whether responses depend on `Origin`, which caches have to know. */
  get isUsed(): boolean {
    return this.#origins.size > 0;
  }

  /**
   * Adds the headers to every response of the routes with `isCrossOrigin`, including those that a
   * later hook of the app sends: a page must be able to read why its request was rejected.
   */
  install(app: FastifyInstance): void {
    if (!this.isUsed) return;
    app.addHook('onRequest', (request, reply, next) => {
      if (request.routeOptions.config.isCrossOrigin) this.#addHeaders(request, reply);
      next();
    });
  }

  /** Adds the headers of the response to a preflight request. */
  addPreflightHeaders({ headers: { origin } }: FastifyRequest, reply: FastifyReply): void {
    if (!this.#allows(origin)) return;
    reply.headers({
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'GET, HEAD',
      'access-control-allow-headers': 'Authorization, If-None-Match, Last-Event-ID',
      'access-control-max-age': PREFLIGHT_MAX_AGE_SECONDS,
    });
  }

  #addHeaders({ headers: { origin } }: FastifyRequest, reply: FastifyReply): void {
    reply.header('vary', 'Origin');
    if (!this.#allows(origin)) return;
    reply.headers({
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'ETag, Retry-After',
    });
  }

  #allows(origin: string | undefined): origin is string {
    return origin !== undefined && this.#origins.has(origin);
  }
}
