// What a request asks for (RFC 9112, section 3.2).

import type { IncomingMessage } from 'node:http';

const ABSOLUTE = /^[a-z][a-z0-9+.-]*:\/\/(?<authority>[^/?#]*)(?<rest>.*)$/i;

/**
 * Brings a request with an absolute-form target into the form of all others: its authority takes the
 * place of `Host`, which does not count then (RFC 9112, section 3.2.2).
 *
 * @returns The target in origin-form: a path, and a query if there is one.
 */
export function originForm({
  url = '/',
  headers,
}: Pick<IncomingMessage, 'url' | 'headers'>): string {
  const { authority, rest = '' } = ABSOLUTE.exec(url)?.groups ?? {};
  if (authority === undefined) return url;
  headers.host = authority;
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/**
 * The query of a request target, as it may stand in a `Location` header: what is not visible ASCII is
 * percent-encoded.
 *
 * @returns `?` and the query, or nothing.
 */
export function queryOf(url = ''): string {
  const query = /^[^?#]*(?<query>\?[^#]*)/.exec(url)?.groups?.['query'] ?? '';
  // Node gives every byte of the target as one character.
  return query.replace(/[^\x21-\x7e]/g, (byte) => `%${hex(byte.charCodeAt(0))}`);
}

/** Whether a request has several `Host` headers: it has to be refused (RFC 9112, section 3.2). */
export function hasSeveralHosts({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): boolean {
  // Names and values in turn.
  const names = rawHeaders.filter((_, index) => index % 2 === 0);
  return names.filter((name) => name.toLowerCase() === 'host').length > 1;
}

function hex(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0');
}
