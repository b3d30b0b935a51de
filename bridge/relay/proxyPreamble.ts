// The first bytes to send to a target, which report the client of the connection. Without them,
// every browser has the bridge's address at the target.

import { formatProxyV1 } from './formatProxyV1.ts';
import { formatProxyV2 } from './formatProxyV2.ts';
import type { ProxiedClient } from './proxiedClient.ts';
import type { Target } from './targets.ts';

/**
 * The target's key, if it has one, and the PROXY header.
 *
 * @param client Without it, the connection is the bridge's own.
 * @returns No bytes if the target expects no PROXY header.
 */
export function proxyPreamble({ proxyVersion, proxyKey }: Target, client?: ProxiedClient): Buffer {
  if (proxyVersion === undefined) return Buffer.alloc(0);
  const key = proxyKey === undefined ? '' : `PROXY-KEY ${proxyKey}\r\n`;
  const header = proxyVersion === 1 ? formatProxyV1(client) : formatProxyV2(client);
  return Buffer.concat([Buffer.from(key), Buffer.from(header)]);
}
