// Who a proxy speaks for
// (the PROXY protocol, version 1: HAProxy's proxy-protocol.txt, section 2.1).

import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import type { Endpoint } from '../../access/endpoint.ts';
import { plainAddress } from '../../access/source.ts';
import { ownCopy } from '../../protocol/lines.ts';

/** The longest line there can be, in bytes, its CRLF counted. */
const MAX_LINE_BYTES = 107;

const START = 'PROXY ';

/**
 * How `motd up` names its bridge: `PROXY-KEY KEY` and CRLF, before the PROXY line. An address would
 * name every process and every user of the machine.
 */
const KEY_START = 'PROXY-KEY ';
const LINE =
  /^PROXY (?:UNKNOWN(?: .*)?|(?<family>TCP[46]) (?<source>\S+) (?<destination>\S+) (?<sourcePort>\d{1,5}) (?<destinationPort>\d{1,5}))\r\n$/;

/** What the first bytes of a connection say. */
export type Opening =
  /** More bytes are needed. */
  | { is: 'open' }
  /** The peer speaks for itself: every byte is its own. */
  | { is: 'direct' }
  /**
   * A proxy speaks for `client`, `undefined` where it does not know; its line was `length` bytes.
   */
  | { is: 'proxied'; client: Endpoint | undefined; length: number }
  /** A malformed PROXY line, or a wrong key: the client cannot be known. */
  | { is: 'malformed' };

const OPEN: Opening = { is: 'open' };
const DIRECT: Opening = { is: 'direct' };
const MALFORMED: Opening = { is: 'malformed' };

export interface ProxyTrust {
  /** Whether a PROXY line is believed from this peer's address. */
  isTrusted: boolean;
  /** What a peer from any other address has to send first; without it, no other peer is believed. */
  key: string | undefined;
}

/**
 * Reads the opening of a connection.
 *
 * @param bytes All bytes so far, as a byte string; at least one.
 */
export function readOpening(bytes: string, { isTrusted, key }: ProxyTrust): Opening {
  if (key !== undefined && begins(bytes, KEY_START)) return readKey(bytes, key);
  return isTrusted ? readProxyLine(bytes) : DIRECT;
}

/** Whether bytes begin like this, or may do so once there are more. */
function begins(bytes: string, start: string): boolean {
  return bytes.startsWith(start.slice(0, bytes.length));
}

function readKey(bytes: string, key: string): Opening {
  if (bytes.length < KEY_START.length) return OPEN;
  const end = bytes.indexOf('\n') + 1;
  if (end === 0) return bytes.length < MAX_LINE_BYTES ? OPEN : MALFORMED;
  if (!isSame(bytes.slice(KEY_START.length, end), `${key}\r\n`)) return MALFORMED;
  if (bytes.length === end) return OPEN;
  const opening = readProxyLine(bytes.slice(end));
  if (opening.is === 'direct') return MALFORMED;
  return opening.is === 'proxied' ? { ...opening, length: end + opening.length } : opening;
}

/** In a time that does not depend on what differs. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text, 'latin1').digest();
  return timingSafeEqual(digest(one), digest(other));
}

function readProxyLine(bytes: string): Opening {
  if (!bytes.startsWith(START)) return START.startsWith(bytes) ? OPEN : DIRECT;
  const end = bytes.indexOf('\n') + 1;
  if (end === 0) return bytes.length < MAX_LINE_BYTES ? OPEN : MALFORMED;
  if (end > MAX_LINE_BYTES) return MALFORMED;

  const groups = LINE.exec(bytes.slice(0, end))?.groups;
  if (groups === undefined) return MALFORMED;
  const { family, source = '', destination = '', sourcePort, destinationPort } = groups;
  if (family === undefined) return { is: 'proxied', client: undefined, length: end };

  const version = family === 'TCP4' ? 4 : 6;
  const isSound =
    isIP(source) === version &&
    isIP(destination) === version &&
    Number(sourcePort) <= 65_535 &&
    Number(destinationPort) <= 65_535;
  if (!isSound) return MALFORMED;
  const client = { host: ownCopy(plainAddress(source)), port: Number(sourcePort) };
  return { is: 'proxied', client, length: end };
}
