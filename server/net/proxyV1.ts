// Parses version 1 of the PROXY protocol, which is one line of text (HAProxy's proxy-protocol.txt,
// section 2.1).

import { isIP } from 'node:net';
import { plainAddress } from '../../access/source.ts';
import { ownCopy } from '../../protocol/lines.ts';
import { INCOMPLETE, MALFORMED, NO_HEADER, type ProxyHeader } from './proxyHeader.ts';

/** The longest header, in bytes, including its CRLF. */
export const MAX_V1_BYTES = 107;

const START = 'PROXY ';

const HEADER =
  /^PROXY (?:UNKNOWN(?: .*)?|(?<family>TCP[46]) (?<source>\S+) (?<destination>\S+) (?<sourcePort>\d{1,5}) (?<destinationPort>\d{1,5}))\r\n$/;

/** @param bytes All bytes received so far, as a byte string. */
export function parseProxyV1(bytes: string): ProxyHeader {
  if (!bytes.startsWith(START)) return START.startsWith(bytes) ? INCOMPLETE : NO_HEADER;
  const end = bytes.indexOf('\n') + 1;
  if (end === 0) return bytes.length < MAX_V1_BYTES ? INCOMPLETE : MALFORMED;
  if (end > MAX_V1_BYTES) return MALFORMED;

  const groups = HEADER.exec(bytes.slice(0, end))?.groups;
  if (groups === undefined) return MALFORMED;
  const { family, source = '', destination = '', sourcePort, destinationPort } = groups;
  if (family === undefined) return { is: 'proxied', client: undefined, length: end };

  const version = family === 'TCP4' ? 4 : 6;
  const isValid =
    isIP(source) === version &&
    isIP(destination) === version &&
    Number(sourcePort) <= 65_535 &&
    Number(destinationPort) <= 65_535;
  if (!isValid) return MALFORMED;
  const client = { host: ownCopy(plainAddress(source)), port: Number(sourcePort) };
  return { is: 'proxied', client, length: end };
}
