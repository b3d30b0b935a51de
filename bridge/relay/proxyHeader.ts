// Who is asking, said to a target before any other byte: the PROXY protocol, version 1
// (https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt, section 2.1). Without it every
// browser looks to the target like the bridge.

import { isIP, isIPv6 } from 'node:net';
import { plainAddress } from '../../access/source.ts';
import type { Target } from './targets.ts';

/**
 * The two ends of a TCP connection, as a socket tells them; one that is closed has forgotten them.
 */
export interface ConnectionEnds {
  remoteAddress?: string | undefined;
  remotePort?: number | undefined;
  localAddress?: string | undefined;
  localPort?: number | undefined;
}

/** What a proxy says that cannot tell; the target then takes the proxy's own address. */
const UNKNOWN = 'PROXY UNKNOWN\r\n';

/**
 * What a connection to a target has to open with.
 *
 * @param ends The connection that is passed on; without it, the bridge itself asks.
 * @returns Empty, if the target expects no PROXY line.
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
 * Says whose connection is passed on (PROXY protocol v1, section 2.1).
 *
 * @param ends The connection that came in:
 *   its remote end is the source, its local end the destination.
 * @returns One line with its CRLF, at most 107 bytes of ASCII.
 */
export function proxyHeader(ends: ConnectionEnds): string {
  const { remotePort, localPort } = ends;
  const source = addressIn(ends.remoteAddress);
  const destination = addressIn(ends.localAddress);
  const families = [isIP(source), isIP(destination)];
  if (families.includes(0) || remotePort === undefined || localPort === undefined) return UNKNOWN;

  if (!families.includes(6)) return line('TCP4', source, destination, remotePort, localPort);
  return line('TCP6', asIpv6(source), asIpv6(destination), remotePort, localPort);
}

function line(family: string, source: string, destination: string, from: number, to: number) {
  return `PROXY ${family} ${source} ${destination} ${from} ${to}\r\n`;
}

// A zone index (RFC 4007, section 11) means something on this machine only, and is no part of the
// line's grammar.
function addressIn(address = ''): string {
  return plainAddress(address.replace(/%.*$/, ''));
}

/**
 * Both addresses have to be of one family: IPv4 can be said in IPv6 (RFC 4291, section 2.5.5.2).
 */
function asIpv6(address: string): string {
  return isIPv6(address) ? address : `::ffff:${address}`;
}
