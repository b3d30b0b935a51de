// The target of a request, and its `Host` (RFC 9112, section 3.2).

import type { IncomingMessage } from 'node:http';

const ABSOLUTE = /^[a-z][a-z0-9+.-]*:\/\/(?<authority>[^/?#]*)(?<rest>.*)$/i;

/**
 * Converts the target of a request to origin-form. Sets `headers.host` to the authority of an
 * absolute-form target, because the `Host` header has to be ignored then (RFC 9112, section 3.2.2).
 *
 * @returns The target in origin-form: a path, and a query if there is one.
 */
export function normalizeRequestTarget({
  url = '/',
  headers,
}: Pick<IncomingMessage, 'url' | 'headers'>): string {
  const { authority, rest = '' } = ABSOLUTE.exec(url)?.groups ?? {};
  if (authority === undefined) return url;
  headers.host = authority;
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/**
 * The query of a request target in a form that is allowed in a `Location` header: all but visible
 * ASCII is percent-encoded.
 *
 * @returns `?` and the query; empty without a query.
 */
export function queryOf(url = ''): string {
  const query = /^[^?#]*(?<query>\?[^#]*)/.exec(url)?.groups?.['query'] ?? '';
  // Node decodes each byte of the target to one character.
  return query.replace(/[^\x21-\x7e]/g, (byte) => `%${hex(byte.charCodeAt(0))}`);
}

/** Whether a request has several `Host` headers, and has to be rejected (RFC 9112, section 3.2). */
export function hasSeveralHosts({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): boolean {
  let count = 0;
  // Names and values alternate.
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === 'host') count++;
  }
  return count > 1;
}

function hex(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0');
}
