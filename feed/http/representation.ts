// A response body with the validators of its content (RFC 9110, section 8.8), prepared once for all
// requests.

import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import fresh from 'fresh';

/** In characters. Encoding a longer text for each request takes more time than a second write. */
const MAX_SHORT_LENGTH = 16 * 1024;

export interface Representation {
  /** Bytes; or a short text, which Node sends in one piece with the head. */
  body: string | Buffer;
  contentType: string;
  headers: { etag: string; 'cache-control': string; 'last-modified'?: string };
}

export interface RepresentationOptions {
  contentType: string;
  lastModifiedMs?: number | undefined;
}

export function represent(
  body: string,
  { contentType, lastModifiedMs }: RepresentationOptions,
): Representation {
  const hash = createHash('sha256').update(body).digest('base64url').slice(0, 22);
  return {
    body: body.length > MAX_SHORT_LENGTH ? Buffer.from(body) : body,
    contentType,
    headers: {
      etag: `"${hash}"`,
      // Caches may keep it, but have to ask whether it is current.
      'cache-control': 'no-cache',
      ...(lastModifiedMs !== undefined && {
        'last-modified': new Date(lastModifiedMs).toUTCString(),
      }),
    },
  };
}

/** Responds with a representation, or with 304 if the client has it (RFC 9110, section 13). */
export function sendRepresentation(
  { body, contentType, headers }: Representation,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  reply.headers(headers);
  // Without `Cache-Control`: a page's conditional request has `no-cache` (WHATWG Fetch, section 4.5).
  const { 'if-none-match': ifNoneMatch, 'if-modified-since': ifModifiedSince } = request.headers;
  const conditions = { 'if-none-match': ifNoneMatch, 'if-modified-since': ifModifiedSince };
  if (fresh(conditions, headers)) return reply.code(304).send();
  return reply.type(contentType).send(body);
}
