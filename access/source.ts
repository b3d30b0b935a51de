// Who counts as one: limits and penalties are kept for each source of connections.

import { BlockList, isIPv6 } from 'node:net';

/**
 * The source an address belongs to: an IPv4 address by itself, an IPv6 address with its whole /64,
 * which is what one host is given (RFC 6177, section 2; RFC 7421).
 *
 * @param address An IP address, without a zone.
 */
export function sourceOf(address: string): string {
  // Not the string itself: it may be cut from a header, and keep all of it for as long as it counts.
  if (!isIPv6(address)) return address.split('.').join('.');
  return `${groupsOf(address).slice(0, 4).join(':')}::/64`;
}

/** An IPv4 address that came in the clothes of IPv6 (RFC 4291, section 2.5.5.2), as itself. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}

/**
 * Makes the test for a list of addresses and networks.
 *
 * @param networks `ADDRESS` or `ADDRESS/PREFIX`, IPv4 or IPv6.
 * @throws TypeError or RangeError where one is not.
 */
export function addressMatcher(networks: readonly string[]): (address: string) => boolean {
  if (networks.length === 0) return () => false;
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    const family = familyOf(address);
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return (address) => list.check(address, familyOf(address));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4';
}

/** The eight groups of an IPv6 address, without leading zeros (RFC 5952, section 4.1). */
function groupsOf(address: string): string[] {
  const [head = '', tail] = address.toLowerCase().replace(/%.*/, '').split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = tail === undefined ? 0 : 8 - front.length - back.length;
  return [...front, ...Array.from({ length: Math.max(missing, 0) }, () => '0'), ...back].map(
    (group) => group.replace(/^0+(?=.)/, ''),
  );
}
