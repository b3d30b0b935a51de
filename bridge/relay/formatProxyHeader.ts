// Formats the header of the PROXY protocol, version 1, which reports the client of a connection to
// a target before any other byte (https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt,
// section 2.1). Without it, every browser has the bridge's address at the target.

import { isIP, isIPv6 } from 'node:net';
import { plainAddress } from '../../access/source.ts';
import type { Target } from './targets.ts';

/**
 * The two endpoints of a TCP connection, as a socket reports them. A closed socket reports none.
 */
export interface ConnectionEndpoints {
  remoteAddress?: string | undefined;
  remotePort?: number | undefined;
  localAddress?: string | undefined;
  localPort?: number | undefined;
}

/** The header of a proxy that does not know the client: the target uses the proxy's own address. */
const UNKNOWN = 'PROXY UNKNOWN\r\n';

/**
 * The first bytes to write to a target: its key, if it has one, and the PROXY header.
 *
 * @param endpoints Those of the client's connection; without them, the connection is the bridge's
 *   own.
 * @returns An empty string if the target expects no PROXY header.
 */
export function proxyPreamble(
  { expectsProxyHeader, proxyKey }: Target,
  endpoints?: () => ConnectionEndpoints,
): string {
  if (!expectsProxyHeader) return '';
  const key = proxyKey === undefined ? '' : `PROXY-KEY ${proxyKey}\r\n`;
  return `${key}${endpoints === undefined ? UNKNOWN : formatProxyHeader(endpoints())}`;
}

/**
 * Formats the header for a client's connection (PROXY protocol v1, section 2.1).
 *
 * @param endpoints The remote endpoint is the source, the local endpoint the destination.
 * @returns One line with its CRLF, at most 107 bytes of ASCII.
 */
export function formatProxyHeader(endpoints: ConnectionEndpoints): string {
  const { remotePort, localPort } = endpoints;
  const source = canonicalAddress(endpoints.remoteAddress);
  const destination = canonicalAddress(endpoints.localAddress);
  const families = [isIP(source), isIP(destination)];
  if (families.includes(0) || remotePort === undefined || localPort === undefined) return UNKNOWN;

  if (!families.includes(6)) return line('TCP4', source, destination, remotePort, localPort);
  return line('TCP6', asIpv6(source), asIpv6(destination), remotePort, localPort);
}

function line(family: string, source: string, destination: string, from: number, to: number) {
  return `PROXY ${family} ${source} ${destination} ${from} ${to}\r\n`;
}

// A zone index (RFC 4007, section 11) has a meaning on this machine only, and the header's grammar
// does not allow it.
function canonicalAddress(address = ''): string {
  return plainAddress(address.replace(/%.*$/, ''));
}

/**
 * Maps an IPv4 address to IPv6 (RFC 4291, section 2.5.5.2): both addresses of a header have to be
 * of one family.
 */
function asIpv6(address: string): string {
  return isIPv6(address) ? address : `::ffff:${address}`;
}
