// Who a proxy speaks for
// (the PROXY protocol, version 1: HAProxy's proxy-protocol.txt, section 2.1).

import { isIP } from 'node:net';
import { plainAddress } from '../access/source.ts';
import type { Address } from './address.ts';

/** The longest line there can be, in bytes, its CRLF counted. */
const MAX_LINE_BYTES = 107;

const START = 'PROXY ';
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
  | { is: 'proxied'; client: Address | undefined; length: number }
  /** It begins as a PROXY line and is none: nobody can say who this is. */
  | { is: 'malformed' };

const OPEN: Opening = { is: 'open' };
const DIRECT: Opening = { is: 'direct' };
const MALFORMED: Opening = { is: 'malformed' };

/**
 * Reads the opening of a connection.
 *
 * @param bytes All bytes so far, as a byte string; at least one.
 */
export function readOpening(bytes: string): Opening {
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
  const client = { address: plainAddress(source), port: Number(sourcePort) };
  return { is: 'proxied', client, length: end };
}
