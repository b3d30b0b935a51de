// Lets pages of named origins read the feed (WHATWG Fetch, section 3.3, "CORS protocol"). Other
// origins get no header, and their pages cannot read the response.

import type { FastifyReply, FastifyRequest } from 'fastify';

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

  /** Adds the headers for the origin of a request. */
  addHeaders({ headers: { origin } }: FastifyRequest, reply: FastifyReply): void {
    if (!this.#allows(origin)) return;
    reply.headers({
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'ETag',
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

  #allows(origin: string | undefined): origin is string {
    return origin !== undefined && this.#origins.has(origin);
  }
}
