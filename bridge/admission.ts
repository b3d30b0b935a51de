// Who may open a WebSocket. A browser opens one to any host for any page that asks, with no
// preflight (RFC 6455, section 10.2): without these two checks, every page on the web could talk
// to the services behind a bridge on its visitor's machine.

import { isIP } from 'node:net';
import { hostname } from 'node:os';

/**
 * @param origin The `Origin` header. A page cannot leave it out; a program may.
 * @param host The `Host` header.
 * @returns Why the upgrade is refused; `undefined` where it is admitted.
 */
export function refusal(origin: string | undefined, host: string | undefined): string | undefined {
  const self = parseUrl(`http://${host ?? ''}`);
  if (self === undefined || !isOwnName(self.hostname)) {
    return `'${host ?? ''}' is not a name of this bridge`;
  }
  if (origin === undefined) return undefined;

  // TLS may end at a proxy in front of the bridge: the page's scheme decides which port goes unsaid.
  const page = parseUrl(origin);
  if (page === undefined || page.host !== parseUrl(`${page.protocol}//${host}`)?.host) {
    return `a page from '${origin}' may not use this bridge`;
  }
  return undefined;
}

/** Whether a host name cannot be one that somebody else's DNS points here (DNS rebinding). */
function isOwnName(name: string): boolean {
  const address = name.replace(/^\[|\]$/g, '');
  return isIP(address) !== 0 || name === 'localhost' || name === hostname().toLowerCase();
}

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
