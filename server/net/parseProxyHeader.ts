// Parses the header with which a proxy names its client: the PROXY protocol, version 1 (HAProxy's
// proxy-protocol.txt, section 2.1).

import { isIP } from 'node:net';
import type { Endpoint } from '../../access/endpoint.ts';
import { isSameSecret } from '../../access/isSameSecret.ts';
import { plainAddress } from '../../access/source.ts';
import { ownCopy } from '../../protocol/lines.ts';

/** The longest header, in bytes, including its CRLF. */
const MAX_HEADER_BYTES = 107;

const START = 'PROXY ';

/**
 * The bridge of `motd up` sends `PROXY-KEY KEY` and CRLF before the PROXY header. Trusting its
 * address instead would trust every process and every user of the machine.
 */
const KEY_START = 'PROXY-KEY ';
const HEADER =
  /^PROXY (?:UNKNOWN(?: .*)?|(?<family>TCP[46]) (?<source>\S+) (?<destination>\S+) (?<sourcePort>\d{1,5}) (?<destinationPort>\d{1,5}))\r\n$/;

/** The meaning of the first bytes of a connection. */
export type ProxyHeader =
  /** The start of a header: more bytes are needed. */
  | { is: 'incomplete' }
  /** No header: every byte belongs to the peer. */
  | { is: 'none' }
  /** A header of `length` bytes. `client` is `undefined` if the proxy does not know its client. */
  | { is: 'proxied'; client: Endpoint | undefined; length: number }
  /** A malformed header, or a wrong key: the client is unknown. */
  | { is: 'malformed' };

const INCOMPLETE: ProxyHeader = { is: 'incomplete' };
const NONE: ProxyHeader = { is: 'none' };
const MALFORMED: ProxyHeader = { is: 'malformed' };

export interface ProxyTrust {
  /** Whether the address of the peer is trusted to send a header. */
  isTrusted: boolean;
  /**
   * The key that a peer from any other address has to send first. Without a key, none is trusted.
   */
  key: string | undefined;
}

/**
 * Parses the first bytes of a connection.
 *
 * @param bytes All bytes received so far, as a byte string; at least one.
 */
export function parseProxyHeader(bytes: string, { isTrusted, key }: ProxyTrust): ProxyHeader {
  if (key !== undefined && mayStartWith(bytes, KEY_START)) return parseKeyAndHeader(bytes, key);
  return isTrusted ? parseHeader(bytes) : NONE;
}

/** Whether the bytes start with `start`, or may do so when more bytes arrive. */
function mayStartWith(bytes: string, start: string): boolean {
  return bytes.startsWith(start.slice(0, bytes.length));
}

function parseKeyAndHeader(bytes: string, key: string): ProxyHeader {
  if (bytes.length < KEY_START.length) return INCOMPLETE;
  const end = bytes.indexOf('\n') + 1;
  if (end === 0) return bytes.length < MAX_HEADER_BYTES ? INCOMPLETE : MALFORMED;
  if (!isSameSecret(bytes.slice(KEY_START.length, end), `${key}\r\n`)) return MALFORMED;
  if (bytes.length === end) return INCOMPLETE;
  const header = parseHeader(bytes.slice(end));
  if (header.is === 'none') return MALFORMED;
  return header.is === 'proxied' ? { ...header, length: end + header.length } : header;
}

function parseHeader(bytes: string): ProxyHeader {
  if (!bytes.startsWith(START)) return START.startsWith(bytes) ? INCOMPLETE : NONE;
  const end = bytes.indexOf('\n') + 1;
  if (end === 0) return bytes.length < MAX_HEADER_BYTES ? INCOMPLETE : MALFORMED;
  if (end > MAX_HEADER_BYTES) return MALFORMED;

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
