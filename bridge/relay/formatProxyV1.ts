// Formats the header of the PROXY protocol, version 1: one line of text
// (https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt, section 2.1).

import { type ProxiedClient, proxiedEndpoints } from './proxiedClient.ts';

/** The header of a proxy that does not know the client: the target uses the proxy's own address. */
const UNKNOWN = 'PROXY UNKNOWN\r\n';

/**
 * @param client Without it, the connection is the bridge's own.
 * @returns One line with its CRLF, at most 107 bytes of ASCII.
 */
export function formatProxyV1(client?: ProxiedClient): string {
  const endpoints = client && proxiedEndpoints(client.endpoints());
  if (endpoints === undefined) return UNKNOWN;
  const { ipVersion, source, destination } = endpoints;
  return `PROXY TCP${ipVersion} ${source.host} ${destination.host} ${source.port} ${destination.port}\r\n`;
}
