// The host name in a `Host` header, and which names are safe from DNS rebinding: an attacker can make
// their own DNS name resolve to this machine's address, and their page is then of the same origin as
// a server on it.

import { isIP } from 'node:net';
import { hostname } from 'node:os';

// Characters that a host and port cannot contain. A URL parser would accept them as the end of user
// information or the beginning of a path, query or fragment, and would drop white space.
const NOT_IN_AN_AUTHORITY = /[\s/?#@\\]/;

/** The dot of an absolute domain name (RFC 1034, section 3.1). Browsers send it if it was typed. */
const ROOT_DOT = /(?<=[^.])\.$/;

/** @returns The name, as a URL has it, without the dot of an absolute one; `undefined` if invalid. */
export function hostNameIn(host: string): string | undefined {
  const url = `http://${host}`;
  if (NOT_IN_AN_AUTHORITY.test(host) || !URL.canParse(url)) return undefined;
  return withoutRootDot(new URL(url)).hostname;
}

/**
 * Whether a host name is safe from DNS rebinding: an address, `localhost`, or this machine's name.
 */
export function isOwnName(name: string): boolean {
  const address = name.replace(/^\[|\]$/g, '');
  return (
    isIP(address) !== 0 ||
    name === 'localhost' ||
    name === hostname().toLowerCase().replace(ROOT_DOT, '')
  );
}

/** Removes the dot of an absolute domain name. */
export function withoutRootDot(url: URL): URL {
  url.hostname = url.hostname.replace(ROOT_DOT, '');
  return url;
}
