// Tells a target which client a connection belongs to, before any other byte: the header of the
// PROXY protocol, version 1 (https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt, section
// 2.1). Without it, every browser has the bridge's address at the target.

import { isIP, isIPv6 } from 'node:net';
import { plainAddress } from '../../access/source.ts';
import type { Target } from './targets.ts';

/** The two ends of a TCP connection, as a socket reports them. A closed socket reports none. */
export interface ConnectionEnds {
  remoteAddress?: string | undefined;
  remotePort?: number | undefined;
  localAddress?: string | undefined;
  localPort?: number | undefined;
}

/** The header of a proxy that does not know the client: the target uses the proxy's own address. */
const UNKNOWN = 'PROXY UNKNOWN\r\n';

/**
 * What to write first on a connection to a target: the key, if it has one, and the PROXY header.
 *
 * @param ends The client's connection; without it, the connection is the bridge's own.
 * @returns An empty string if the target expects no PROXY header.
 */
export function proxyPreamble(
  { expectsProxyHeader, proxyKey }: Target,
  ends?: () => ConnectionEnds,
): string {
  if (!expectsProxyHeader) return '';
  const key = proxyKey === undefined ? '' : `PROXY-KEY ${proxyKey}\r\n`;
  return `${key}${ends === undefined ? UNKNOWN : proxyHeader(ends())}`;
}

/**
 * Writes the header for a client's connection (PROXY protocol v1, section 2.1).
 *
 * @param ends The client's connection: its remote end is the source, its local end the destination.
 * @returns One line with its CRLF, at most 107 bytes of ASCII.
 */
export function proxyHeader(ends: ConnectionEnds): string {
  const { remotePort, localPort } = ends;
  const source = canonicalAddress(ends.remoteAddress);
  const destination = canonicalAddress(ends.localAddress);
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
