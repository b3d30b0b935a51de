// Parses one address of `X-Forwarded-For`. No standard defines this header; Azure, IIS and other
// proxies append the client's port to the address.

import { isIP } from 'node:net';
import { plainAddress } from '../../access/source.ts';

// As in a URL: an IPv6 address with a port is in brackets (RFC 3986, section 3.2.2).
const ENDPOINT = /^(?:(?<ipv4>[\d.]+)|\[(?<ipv6>[^[\]]+)\])(?::(?<port>\d{1,5}))?$/;

const MAPPED = /^\[::ffff:(?<high>[\da-f]{1,4}):(?<low>[\da-f]{1,4})\]$/;

/**
 * Parses an address, with or without a port. A zone is dropped: it has a meaning on the proxy's
 * machine only (RFC 4007, section 11). IPv4-mapped IPv6 becomes IPv4.
 *
 * @param text `203.0.113.7`, `203.0.113.7:51234`, `2001:db8::7`, `[2001:db8::7]`,
 *   `[2001:db8::7]:51234`.
 * @returns The IP address; `undefined` for anything else.
 */
export function parseForwardedAddress(text: string): string | undefined {
  if (isIP(text) === 6) return canonicalIpv6(text);
  const { ipv4, ipv6, port = '0' } = ENDPOINT.exec(text)?.groups ?? {};
  if (Number(port) > 65_535) return undefined;
  if (ipv4 !== undefined && isIP(ipv4) === 4) return ipv4;
  if (ipv6 !== undefined && isIP(ipv6) === 6) return canonicalIpv6(ipv6);
  return undefined;
}

function canonicalIpv6(text: string): string {
  const address = text.replace(/%.*$/, '');
  // A URL normalizes an IPv6 address, and writes all of it in hexadecimal.
  const { high, low } = MAPPED.exec(new URL(`http://[${address}]`).hostname)?.groups ?? {};
  if (high === undefined || low === undefined) return plainAddress(address);
  return [high, low].flatMap(bytesOf).join('.');
}

function bytesOf(group: string): [number, number] {
  const value = Number.parseInt(group, 16);
  return [value >> 8, value & 0xff];
}
