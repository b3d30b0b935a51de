// Decides by the `Host` and `Origin` headers which pages may use the bridge. A browser opens a
// WebSocket to any host for any page, without a preflight request (RFC 6455, section 10.2). Without
// these two checks, every page on the web could use the services behind a bridge on the machine of
// the person who visits it.

import { hostNameIn, isOwnName, withoutRootDot } from '../../access/hostHeader.ts';

const PAGE_ORIGIN = /^https?:\/\/[^\s/?#@\\]+$/i;

/** A host and port that may be repeated in a response, and copied into a shell command. */
const PLAIN_AUTHORITY = /^(?:[\w.-]+|\[[\da-f:]+\])(?::\d+)?$/;

export class OriginPolicy {
  /** In the form of browsers (RFC 6454, section 6.2). */
  readonly #publicOrigins: ReadonlySet<string>;
  /** The host names of these origins. */
  readonly #publicHosts: ReadonlySet<string>;
  /** The last `Host` that was allowed: most requests have the same. */
  #lastHost: string | undefined;

  /** @param publicOrigins Further origins of the page: `https://HOST` or `https://HOST:PORT`. */
  constructor(publicOrigins: readonly string[]) {
    const urls = publicOrigins.map((origin) => withoutRootDot(new URL(origin)));
    this.#publicOrigins = new Set(urls.map(({ origin }) => origin));
    this.#publicHosts = new Set(urls.map(({ hostname }) => hostname));
  }

  /**
   * Whether the `Host` header names this bridge, which prevents DNS rebinding (access/hostHeader.ts).
   *
   * @param host The `Host` header. A browser always sends it; a program may leave it out in
   *   HTTP/1.0.
   */
  allowsHost(host: string | undefined): boolean {
    if (host === undefined || host === this.#lastHost) return true;
    if (!this.#isAllowed(host)) return false;
    this.#lastHost = host;
    return true;
  }

  /**
   * Whether a page may open a WebSocket here.
   *
   * @param origin The `Origin` header. A page cannot leave it out; a program may.
   * @param host The `Host` header, which has passed `allowsHost`.
   */
  allowsOrigin(origin: string | undefined, host: string | undefined): boolean {
    if (origin === undefined) return true;
    const page = PAGE_ORIGIN.test(origin) ? parseUrl(origin) : undefined;
    if (page === undefined) return false;
    if (this.#publicOrigins.has(page.origin)) return true;
    // Other names need --public-origin, which includes scheme and port.
    if (host === undefined || !isOwnName(page.hostname)) return false;
    // TLS may be terminated by a proxy in front of the bridge, so the page's scheme determines the
    // default port that is omitted in `Host`.
    return page.host === parseUrl(`${page.protocol}//${host}`)?.host;
  }

  #isAllowed(host: string): boolean {
    const name = hostNameIn(host);
    return name !== undefined && (isOwnName(name) || this.#publicHosts.has(name));
  }
}

/**
 * The value of `--public-origin` that would allow a request.
 *
 * @param origin `http://HOST`, or an `Origin` header.
 * @returns `undefined` if there is no such value, or if it is not safe to repeat.
 */
export function publicOriginFor(origin: string): string | undefined {
  const url = PAGE_ORIGIN.test(origin) ? parseUrl(origin) : undefined;
  return url !== undefined && PLAIN_AUTHORITY.test(url.host) ? url.origin : undefined;
}

/** @returns The URL, without the dot of an absolute domain name. */
function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? withoutRootDot(new URL(text)) : undefined;
}
