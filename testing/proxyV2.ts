// Builds headers of the PROXY protocol, version 2, valid and invalid ones (HAProxy's
// proxy-protocol.txt, section 2.2).

export interface ProxyV2Parts {
  /** The version and the command. */
  command?: number;
  family?: number;
  addresses?: Buffer;
  tlvs?: readonly Buffer[];
  /** The length that the header claims for its rest; the right one by default. */
  length?: number;
}

export const TCP4 = 0x11;

/** From 192.0.2.7, port 56324, to 198.51.100.1, port 26310. */
export const TCP4_ADDRESSES = Buffer.from('c0000207c6336401dc0466c6', 'hex');

/** The addresses of a connection between two ports of 127.0.0.1. */
export function loopbackAddresses(from: number, to: number): Buffer {
  const addresses = Buffer.from('7f0000017f00000100000000', 'hex');
  addresses.writeUInt16BE(from, 8);
  addresses.writeUInt16BE(to, 10);
  return addresses;
}

/** A header of the command PROXY, by default from 192.0.2.7, port 56324. */
export function proxyV2({
  command = 0x21,
  family = TCP4,
  addresses = TCP4_ADDRESSES,
  tlvs = [],
  length,
}: ProxyV2Parts = {}): Buffer {
  const rest = Buffer.concat([addresses, ...tlvs]);
  const fixed = Buffer.from('0d0a0d0a000d0a515549540a00000000', 'hex');
  fixed.writeUInt8(command, 12);
  fixed.writeUInt8(family, 13);
  fixed.writeUInt16BE(length ?? rest.length, 14);
  return Buffer.concat([fixed, rest]);
}

export function tlv(type: number, value: Buffer | string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.from([type, bytes.length >> 8, bytes.length & 0xff, ...bytes]);
}

/** The TLV with which a bridge names its user (PROTOCOL.md, "The PROXY header"). */
export function userTlv(name: Buffer | string): Buffer {
  return tlv(0xe0, name);
}

/** A client's certificate with a Common Name, as HAProxy's `send-proxy-v2-ssl-cn` reports it. */
export function certificateTlv(
  commonName: string,
  { client = 0x07, verify = 0 }: { client?: number; verify?: number } = {},
): Buffer {
  const fixed = Buffer.from([client, 0, 0, 0, 0]);
  fixed.writeUInt32BE(verify, 1);
  return tlv(0x20, Buffer.concat([fixed, tlv(0x21, 'TLSv1.3'), tlv(0x22, commonName)]));
}
