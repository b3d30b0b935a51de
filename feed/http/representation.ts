// A response body with the validators of its content (RFC 9110, section 8.8), prepared once for all
// requests.

import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import fresh from 'fresh';
import { isSecondOver } from '../content/lastModified.pure.ts';

/** In characters. Encoding a longer text for each request takes more time than a second write. */
const MAX_SHORT_LENGTH = 16 * 1024;

export interface Representation {
  /** Bytes; or a short text, which Node sends in one piece with the head. */
  body: string | Buffer;
  contentType: string;
  headers: ValidatorHeaders;
  /** The headers from the time on when the second of the change is over (`isSecondOver`). */
  dated: { changedAtMs: number; headers: ValidatorHeaders } | undefined;
}

type ValidatorHeaders = { etag: string; 'cache-control': string; 'last-modified'?: string };

export interface RepresentationOptions {
  contentType: string;
  changedAtMs?: number | undefined;
}

export function represent(
  body: string,
  { contentType, changedAtMs }: RepresentationOptions,
): Representation {
  const hash = createHash('sha256').update(body).digest('base64url').slice(0, 22);
  // Caches may keep it, but have to ask whether it is current.
  const headers = { etag: `"${hash}"`, 'cache-control': 'no-cache' };
  return {
    body: body.length > MAX_SHORT_LENGTH ? Buffer.from(body) : body,
    contentType,
    headers,
    dated:
      changedAtMs === undefined
        ? undefined
        : { changedAtMs, headers: withDate(headers, changedAtMs) },
  };
}

function withDate(headers: ValidatorHeaders, changedAtMs: number): ValidatorHeaders {
  return { ...headers, 'last-modified': new Date(changedAtMs).toUTCString() };
}

function currentHeaders({ headers, dated }: Representation): ValidatorHeaders {
  return dated !== undefined && isSecondOver(dated.changedAtMs, Date.now())
    ? dated.headers
    : headers;
}

/** Responds with a representation, or with 304 if the client has it (RFC 9110, section 13). */
export function sendRepresentation(
  representation: Representation,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const { body, contentType } = representation;
  const headers = currentHeaders(representation);
  reply.headers(headers);
  if (isCurrent(request, headers)) return reply.code(304).send();
  return reply.type(contentType).send(body);
}

/** Whether the client has the representation with these headers. */
function isCurrent({ headers: requested }: FastifyRequest, headers: ValidatorHeaders): boolean {
  const { 'if-none-match': ifNoneMatch, 'if-modified-since': ifModifiedSince } = requested;
  // The message in force can become an older one: only the very date is that of this message.
  if (ifNoneMatch === undefined)
    return ifModifiedSince !== undefined && ifModifiedSince === headers['last-modified'];
  // Without `Cache-Control`: a page's conditional request has `no-cache` (WHATWG Fetch, section 4.5).
  return fresh({ 'if-none-match': ifNoneMatch }, headers);
}
