// Parses version 2 of the PROXY protocol, which is binary (HAProxy's proxy-protocol.txt, section
// 2.2):
//
//   bytes  content
//   12     signature
//   1      version, which is 2, and command: LOCAL or PROXY
//   1      address family and transport protocol
//   2      length of the rest
//   …      addresses, whose length depends on the family
//   …      TLVs: type (1 byte), length (2 bytes), value
//
// LOCAL means that the proxy opened the connection for itself, for example to check the server's
// health. The rest is then skipped, whatever it is.

import { SocketAddress } from 'node:net';
import type { Endpoint } from '../../access/endpoint.ts';
import { plainAddress } from '../../access/source.ts';
import { USER_NAME_TLV } from '../../access/userName.ts';
import { crc32c } from './crc32c.ts';
import { INCOMPLETE, MALFORMED, NO_HEADER, type ProxyHeader } from './proxyHeader.ts';

const SIGNATURE = '\r\n\r\n\0\r\nQUIT\n';

/** The bytes before the addresses. */
const FIXED_BYTES = 16;

/** The longest header, in bytes. It is the limit of nginx, too (ngx_proxy_protocol.h). */
const MAX_V2_BYTES = 4096;

const LOCAL = 0x20;
const PROXY = 0x21;

const TCP4 = 0x11;
const TCP6 = 0x21;

/** The length of the addresses, by family and protocol. No other values are valid. */
const ADDRESS_BYTES: ReadonlyMap<number, number> = new Map([
  [0x00, 0], // unspecified
  [TCP4, 12],
  [0x12, 12], // UDP over IPv4
  [TCP6, 36],
  [0x22, 36], // UDP over IPv6
  [0x31, 216], // Unix stream
  [0x32, 216], // Unix datagram
]);

const CRC32C_TLV = 0x03;
const SSL_TLV = 0x20;
/** In the SSL TLV: the Common Name of the client's certificate. */
const SSL_CN_TLV = 0x22;

/** The client sent a certificate: on this connection, or earlier in this TLS session. */
const CERT_CONN_OR_SESS = 0x02 | 0x04;

/** The bytes of an SSL TLV before its own TLVs: 1 of flags, 4 of the verification's result. */
const SSL_FIXED_BYTES = 5;

type Tlvs = ReadonlyMap<number, Buffer>;

/** @param bytes All bytes received so far, as a byte string. */
export function parseProxyV2(bytes: string): ProxyHeader {
  if (!bytes.startsWith(SIGNATURE.slice(0, bytes.length))) return NO_HEADER;
  if (bytes.length < FIXED_BYTES) return INCOMPLETE;
  const command = bytes.charCodeAt(12);
  if (command !== LOCAL && command !== PROXY) return MALFORMED;
  const length = FIXED_BYTES + bytes.charCodeAt(14) * 256 + bytes.charCodeAt(15);
  if (length > MAX_V2_BYTES) return { is: 'rejected', reason: 'longer than 4096 bytes' };
  if (bytes.length < length) return INCOMPLETE;
  if (command === LOCAL) return { is: 'proxied', client: undefined, length };
  return parseProxied(Buffer.from(bytes.slice(0, length), 'latin1'));
}

/** @param header A whole header, with the command PROXY. It is modified. */
function parseProxied(header: Buffer): ProxyHeader {
  const family = header.readUInt8(13);
  const addressBytes = ADDRESS_BYTES.get(family);
  if (addressBytes === undefined || header.length < FIXED_BYTES + addressBytes) return MALFORMED;
  const addresses = header.subarray(FIXED_BYTES, FIXED_BYTES + addressBytes);
  const tlvs = readTlvs(header.subarray(FIXED_BYTES + addressBytes));
  if (tlvs === undefined || hasMalformedTlv(tlvs)) return MALFORMED;
  if (!isChecksumRight(header, tlvs)) return { is: 'rejected', reason: 'wrong checksum' };
  const client = clientOf(family, addresses);
  return { is: 'proxied', client, user: userOf(tlvs), length: header.length };
}

/** @returns The first value of each type; `undefined` if a TLV exceeds the bytes. */
function readTlvs(bytes: Buffer): Tlvs | undefined {
  const tlvs = new Map<number, Buffer>();
  for (let position = 0; position < bytes.length; ) {
    const start = position + 3;
    if (start > bytes.length) return undefined;
    const type = bytes.readUInt8(position);
    position = start + bytes.readUInt16BE(position + 1);
    if (position > bytes.length) return undefined;
    if (!tlvs.has(type)) tlvs.set(type, bytes.subarray(start, position));
  }
  return tlvs;
}

function hasMalformedTlv(tlvs: Tlvs): boolean {
  const checksum = tlvs.get(CRC32C_TLV);
  const ssl = tlvs.get(SSL_TLV);
  if (checksum !== undefined && checksum.length !== 4) return true;
  return ssl !== undefined && (ssl.length < SSL_FIXED_BYTES || tlvsOfSsl(ssl) === undefined);
}

/** The checksum is that of the whole header, with zeros in its own place (section 2.2.3). */
function isChecksumRight(header: Buffer, tlvs: Tlvs): boolean {
  const checksum = tlvs.get(CRC32C_TLV);
  if (checksum === undefined) return true;
  const expected = checksum.readUInt32BE();
  // The value is a view of the header.
  checksum.fill(0);
  return crc32c(header) === expected;
}

/** @returns `undefined` if the addresses are not those of a TCP connection. */
function clientOf(family: number, addresses: Buffer): Endpoint | undefined {
  switch (family) {
    case TCP4:
      return { host: addresses.subarray(0, 4).join('.'), port: addresses.readUInt16BE(8) };
    case TCP6:
      return { host: ipv6Address(addresses.subarray(0, 16)), port: addresses.readUInt16BE(32) };
    default:
      return undefined;
  }
}

/** @returns The address in the form in which a socket reports it. */
function ipv6Address(bytes: Buffer): string {
  const groups = [0, 2, 4, 6, 8, 10, 12, 14].map((at) => bytes.readUInt16BE(at).toString(16));
  return plainAddress(new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address);
}

/** @returns The name from the bridge, or that of the client's certificate; a byte string. */
function userOf(tlvs: Tlvs): string | undefined {
  const user = tlvs.get(USER_NAME_TLV);
  // A proxy that passes the TLV on may send an empty one if it received none.
  return (user?.length ? user : verifiedCommonName(tlvs.get(SSL_TLV)))?.toString('latin1');
}

/** A certificate names its client only if the proxy has verified it (section 2.2.6). */
function verifiedCommonName(ssl: Buffer | undefined): Buffer | undefined {
  if (ssl === undefined) return undefined;
  const hasCertificate = (ssl.readUInt8(0) & CERT_CONN_OR_SESS) !== 0;
  const isVerified = hasCertificate && ssl.readUInt32BE(1) === 0;
  return isVerified ? tlvsOfSsl(ssl)?.get(SSL_CN_TLV) : undefined;
}

function tlvsOfSsl(ssl: Buffer): Tlvs | undefined {
  return readTlvs(ssl.subarray(SSL_FIXED_BYTES));
}
