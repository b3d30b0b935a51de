// Who may use the bridge, by the names it is asked under. A browser opens a WebSocket to any host
// for any page that asks, with no preflight (RFC 6455, section 10.2): without these two checks,
// every page on the web could talk to the services behind a bridge on its visitor's machine.

import { isIP } from 'node:net';
import { hostname } from 'node:os';

// A user, a path, a query or a fragment; a parser of URLs would also leave out white space.
const NOT_IN_AN_AUTHORITY = /[\s/?#@\\]/;
const PAGE_ORIGIN = /^https?:\/\/[^\s/?#@\\]+$/i;

/** That of an absolute domain name (RFC 1034, section 3.1): browsers send it as it was typed. */
const ROOT_DOT = /(?<=[^.])\.$/;

/** A host and port that may be written into a sentence, and into a command. */
const PLAIN_AUTHORITY = /^(?:[\w.-]+|\[[\da-f:]+\])(?::\d+)?$/;

export class OriginPolicy {
  /** As browsers write them (RFC 6454, section 6.2), and the hosts in them. */
  readonly #publicOrigins: ReadonlySet<string>;
  readonly #publicHosts: ReadonlySet<string>;

  /** @param publicOrigins Where else the page is served: `https://HOST` or `https://HOST:PORT`. */
  constructor(publicOrigins: readonly string[]) {
    const urls = publicOrigins.map((origin) => withoutRootDot(new URL(origin)));
    this.#publicOrigins = new Set(urls.map(({ origin }) => origin));
    this.#publicHosts = new Set(urls.map(({ hostname }) => hostname));
  }

  /**
   * Whether the bridge goes by this name. Somebody else's DNS name may be made to point here (DNS
   * rebinding), and its page would then be of the same origin.
   *
   * @param host The `Host` header. A browser never leaves it out; a program that speaks HTTP/1.0 may.
   */
  isOwnHost(host: string | undefined): boolean {
    if (host === undefined) return true;
    if (NOT_IN_AN_AUTHORITY.test(host)) return false;
    const name = parseUrl(`http://${host}`)?.hostname;
    return name !== undefined && (isOwnName(name) || this.#publicHosts.has(name));
  }

  /**
   * Whether a page may open a WebSocket here.
   *
   * @param origin The `Origin` header. A page cannot leave it out; a program may.
   * @param host The `Host` header, which has to be an own one.
   */
  isOwnOrigin(origin: string | undefined, host: string | undefined): boolean {
    if (origin === undefined) return true;
    const page = PAGE_ORIGIN.test(origin) ? parseUrl(origin) : undefined;
    if (page === undefined) return false;
    if (this.#publicOrigins.has(page.origin)) return true;
    // Of a name that is configured, so are scheme and port.
    if (host === undefined || !isOwnName(page.hostname)) return false;
    // TLS may end at a proxy in front of the bridge:
    // the page's scheme decides which port goes unsaid.
    return page.host === parseUrl(`${page.protocol}//${host}`)?.host;
  }
}

/**
 * What to give `--public-origin` so that a request is let in.
 *
 * @param origin `http://HOST`, or an `Origin` header.
 * @returns `undefined` if no value would do, or if it is not fit to be repeated.
 */
export function publicOriginFor(origin: string): string | undefined {
  const url = PAGE_ORIGIN.test(origin) ? parseUrl(origin) : undefined;
  return url !== undefined && PLAIN_AUTHORITY.test(url.host) ? url.origin : undefined;
}

/** Whether a host name cannot be one that somebody else's DNS points here. */
function isOwnName(name: string): boolean {
  const address = name.replace(/^\[|\]$/g, '');
  return (
    isIP(address) !== 0 ||
    name === 'localhost' ||
    name === hostname().toLowerCase().replace(ROOT_DOT, '')
  );
}

/** The dot of an absolute domain name is left out. */
function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? withoutRootDot(new URL(text)) : undefined;
}

function withoutRootDot(url: URL): URL {
  url.hostname = url.hostname.replace(ROOT_DOT, '');
  return url;
}
