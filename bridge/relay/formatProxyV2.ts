// Formats the header of the PROXY protocol, version 2, which is binary, and can also name the user
// (https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt, section 2.2).

import { ipv6Groups } from '../../access/source.ts';
import { MAX_USER_NAME_BYTES, USER_NAME_TLV } from '../../access/userName.ts';
import { type ProxiedClient, type ProxiedEndpoints, proxiedEndpoints } from './proxiedClient.ts';

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n');

/** The version and the command. LOCAL: the connection is the proxy's own. */
const LOCAL = 0x20;
const PROXY = 0x21;

/** The family and the transport protocol. */
const UNSPECIFIED = 0x00;
const TCP = { 4: 0x11, 6: 0x21 } as const;

/** @param client Without it, the connection is the bridge's own. */
export function formatProxyV2(client?: ProxiedClient): Buffer {
  if (client === undefined) return header(LOCAL, UNSPECIFIED, []);
  const endpoints = proxiedEndpoints(client.endpoints());
  const family = endpoints === undefined ? UNSPECIFIED : TCP[endpoints.ipVersion];
  return header(PROXY, family, [...addressBytes(endpoints), ...userTlv(client.user)]);
}

function header(command: number, family: number, rest: readonly number[]): Buffer {
  return Buffer.from([...SIGNATURE, command, family, ...uint16(rest.length), ...rest]);
}

function addressBytes(endpoints: ProxiedEndpoints | undefined): number[] {
  if (endpoints === undefined) return [];
  const { ipVersion, source, destination } = endpoints;
  const bytesOf = ipVersion === 4 ? ipv4Bytes : ipv6Bytes;
  return [
    ...bytesOf(source.host),
    ...bytesOf(destination.host),
    ...uint16(source.port),
    ...uint16(destination.port),
  ];
}

function ipv4Bytes(address: string): number[] {
  return address.split('.').map(Number);
}

function ipv6Bytes(address: string): number[] {
  // A URL has an IPv4 address at the end as two groups (WHATWG URL Standard, "IPv6 serializer").
  const { hostname } = new URL(`http://[${address}]`);
  return ipv6Groups(hostname.slice(1, -1)).flatMap((group) => uint16(Number.parseInt(group, 16)));
}

/** A server ignores a longer name: it is not sent. */
function userTlv(user = ''): number[] {
  const name = Buffer.from(user);
  if (name.length === 0 || name.length > MAX_USER_NAME_BYTES) return [];
  return [USER_NAME_TLV, ...uint16(name.length), ...name];
}

/** In network byte order. */
function uint16(value: number): [number, number] {
  return [value >> 8, value & 0xff];
}
