// `/board`: one page that shows the message and nothing else. Its script and its style are inline.

import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Representation, represent, sendRepresentation } from './representation.ts';

export interface BoardOptions {
  /** The page, complete. */
  html: string;
  /** The origins whose pages may show the board in a frame. */
  frameOrigins: readonly string[];
}

export class BoardPage {
  readonly #page: Representation;
  readonly #policy: string;
  readonly #mayBeFramed: boolean;

  constructor({ html, frameOrigins }: BoardOptions) {
    this.#page = represent(html, { contentType: 'text/html; charset=utf-8' });
    this.#policy = contentSecurityPolicy(html, frameOrigins);
    this.#mayBeFramed = frameOrigins.length > 0;
  }

  send(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    reply.header('content-security-policy', this.#policy);
    // It would deny all frames, and has no form for several origins (RFC 7034, section 2.1).
    if (this.#mayBeFramed) reply.removeHeader('x-frame-options');
    return sendRepresentation(this.#page, request, reply);
  }
}

/** The policy of the bridge's page (bridge/http/headers.ts), with the hashes of the inline parts. */
function contentSecurityPolicy(html: string, frameOrigins: readonly string[]): string {
  const directives = {
    'default-src': "'none'",
    'script-src': hashesOf(html, 'script'),
    'style-src': hashesOf(html, 'style'),
    'img-src': "'self'",
    'connect-src': "'self'",
    'base-uri': "'none'",
    'form-action': "'none'",
    'frame-ancestors': frameOrigins.join(' ') || "'none'",
    'require-trusted-types-for': "'script'",
    'trusted-types': "'none'",
  };
  return Object.entries(directives)
    .map(([name, value]) => `${name} ${value}`)
    .join(';');
}

/** The hashes of the inline scripts or styles of a page (CSP 3, section 2.3.1). */
function hashesOf(html: string, tag: 'script' | 'style'): string {
  const contents = [...html.matchAll(new RegExp(`<${tag}>(.*?)</${tag}>`, 'gs'))];
  return contents
    .map(([, content = '']) => createHash('sha256').update(content).digest('base64'))
    .map((hash) => `'sha256-${hash}'`)
    .join(' ');
}
