// What a PROXY header reports about a client of the bridge.

import { isIP, isIPv6 } from 'node:net';
import type { Endpoint } from '../../access/endpoint.ts';
import { plainAddress } from '../../access/source.ts';

export interface ProxiedClient {
  /** The endpoints of the client's connection to the bridge. */
  endpoints: () => ConnectionEndpoints;
  /** The name of the user, if the bridge has authenticated one. */
  user?: string | undefined;
}

/**
 * The two endpoints of a TCP connection, as a socket reports them. A closed socket reports none.
 */
export interface ConnectionEndpoints {
  remoteAddress?: string | undefined;
  remotePort?: number | undefined;
  localAddress?: string | undefined;
  localPort?: number | undefined;
}

/** Two IP addresses of one family. */
export interface ProxiedEndpoints {
  ipVersion: 4 | 6;
  source: Endpoint;
  destination: Endpoint;
}

/**
 * The remote endpoint is the source, the local endpoint the destination.
 *
 * @returns `undefined` if an address or a port is unknown.
 */
export function proxiedEndpoints({
  remoteAddress,
  remotePort,
  localAddress,
  localPort,
}: ConnectionEndpoints): ProxiedEndpoints | undefined {
  const source = canonicalAddress(remoteAddress);
  const destination = canonicalAddress(localAddress);
  const families = [isIP(source), isIP(destination)];
  if (families.includes(0) || remotePort === undefined || localPort === undefined) return undefined;
  const ipVersion = families.includes(6) ? 6 : 4;
  const inFamily = (address: string) => (ipVersion === 6 ? asIpv6(address) : address);
  return {
    ipVersion,
    source: { host: inFamily(source), port: remotePort },
    destination: { host: inFamily(destination), port: localPort },
  };
}

// A zone index (RFC 4007, section 11) has a meaning on this machine only, and the header cannot hold
// it.
function canonicalAddress(address = ''): string {
  return plainAddress(address.replace(/%.*$/, ''));
}

/** Maps an IPv4 address to IPv6 (RFC 4291, section 2.5.5.2). */
function asIpv6(address: string): string {
  return isIPv6(address) ? address : `::ffff:${address}`;
}
