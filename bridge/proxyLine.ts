// Who is asking, said to a target before any other byte: the PROXY protocol, version 1
// (https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt, section 2.1). Without it every
// browser looks to the target like the bridge.

import { isIP, type Socket } from 'node:net';

/** The two ends of a TCP connection, as a socket tells them; one that is closed has forgotten them. */
export type ConnectionEnds = Pick<
  Socket,
  'remoteAddress' | 'remotePort' | 'localAddress' | 'localPort'
>;

/** What a proxy says that cannot tell; the target then takes the proxy's own address. */
const UNKNOWN = 'PROXY UNKNOWN\r\n';

/**
 * Says whose connection is passed on (PROXY protocol v1, section 2.1).
 *
 * @param ends The connection that came in: its remote end is the source, its local end the destination.
 * @returns One line with its CRLF, at most 107 bytes of ASCII.
 */
export function proxyLine(ends: ConnectionEnds): string {
  const { remotePort, localPort } = ends;
  const source = plainAddress(ends.remoteAddress);
  const destination = plainAddress(ends.localAddress);
  const family = isIP(source);
  if (family === 0 || family !== isIP(destination)) return UNKNOWN;
  if (remotePort === undefined || localPort === undefined) return UNKNOWN;

  return `PROXY TCP${family} ${source} ${destination} ${remotePort} ${localPort}\r\n`;
}

// A zone index (RFC 4007, section 11) means something on this machine only, and is no part of the
// line's grammar. An IPv4 client of a socket that listens for both families comes IPv4-mapped (RFC
// 4291, section 2.5.5.2), and is known everywhere else by its IPv4 address.
function plainAddress(address = ''): string {
  return address.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '');
}
