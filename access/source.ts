// The source of a connection: what quotas and penalties are counted for.

import { BlockList, isIPv6 } from 'node:net';

/**
 * Stands for the address of every peer on a Unix socket: it has none. All of them are one source,
 * like the peers on the loopback address.
 */
export const UNIX_PEER = 'unix';

/**
 * Addresses that only this machine can use (RFC 1122, section 3.2.1.3; RFC 4291, section 2.5.3).
 */
export const LOOPBACK = ['127.0.0.0/8', '::1'];

/**
 * The source that an address belongs to: an IPv4 address itself, or the /64 of an IPv6 address,
 * because one host usually has a whole /64 (RFC 6177, section 2; RFC 7421).
 *
 * @param address An IP address, without a zone, or UNIX_PEER.
 */
export function sourceOf(address: string): string {
  // A copy: the string may be a slice of a header, and would keep all of it in memory while
  // counted.
  if (!isIPv6(address)) return address.split('.').join('.');
  return `${ipv6Groups(address).slice(0, 4).join(':')}::/64`;
}

/** Converts an IPv4-mapped IPv6 address to IPv4 (RFC 4291, section 2.5.5.2). */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}

/**
 * Makes a function that checks whether an address is in a list of addresses and networks.
 *
 * @param networks `ADDRESS` or `ADDRESS/PREFIX`, IPv4 or IPv6; or UNIX_PEER.
 * @throws TypeError or RangeError if an entry is invalid.
 */
export function addressMatcher(networks: readonly string[]): (address: string) => boolean {
  if (networks.length === 0) return () => false;
  // BlockList takes microseconds, and a proxy may open thousands of connections a second.
  const listed = new Set(networks);
  const list = new BlockList();
  for (const network of networks) {
    if (network === UNIX_PEER) continue;
    const [address = '', prefix] = network.split('/');
    const family = familyOf(address);
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return (address) => listed.has(address) || list.check(address, familyOf(address));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4';
}

/**
 * The eight groups of an IPv6 address, without leading zeros (RFC 5952, section 4.1). An IPv4
 * address at the end is left as it is.
 */
export function ipv6Groups(address: string): string[] {
  const [head = '', tail] = address.toLowerCase().replace(/%.*/, '').split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = tail === undefined ? 0 : 8 - front.length - back.length;
  return [...front, ...Array.from({ length: Math.max(missing, 0) }, () => '0'), ...back].map(
    (group) => group.replace(/^0+(?=.)/, ''),
  );
}
