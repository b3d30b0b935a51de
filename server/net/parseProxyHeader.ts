// Parses the header with which a proxy names its client: the PROXY protocol, version 1 or 2, from a
// trusted address, or after a key.

import { isSameSecret } from '../../access/isSameSecret.ts';
import { INCOMPLETE, MALFORMED, NO_HEADER, type ProxyHeader } from './proxyHeader.ts';
import { MAX_V1_BYTES, parseProxyV1 } from './proxyV1.ts';
import { parseProxyV2 } from './proxyV2.ts';

/**
 * The bridge of `motd up` sends `PROXY-KEY KEY` and CRLF before the PROXY header. Trusting its
 * address instead would trust every process and every user of the machine.
 */
const KEY_START = 'PROXY-KEY ';

/** The longest line with a key, in bytes. */
const MAX_KEY_LINE_BYTES = MAX_V1_BYTES;

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
  return isTrusted ? parseHeader(bytes) : NO_HEADER;
}

/** Whether the bytes start with `start`, or may do so when more bytes arrive. */
function mayStartWith(bytes: string, start: string): boolean {
  return bytes.startsWith(start.slice(0, bytes.length));
}

function parseKeyAndHeader(bytes: string, key: string): ProxyHeader {
  if (bytes.length < KEY_START.length) return INCOMPLETE;
  const end = bytes.indexOf('\n') + 1;
  if (end === 0) return bytes.length < MAX_KEY_LINE_BYTES ? INCOMPLETE : MALFORMED;
  if (!isSameSecret(bytes.slice(KEY_START.length, end), `${key}\r\n`)) {
    return { is: 'rejected', reason: 'wrong key' };
  }
  if (bytes.length === end) return INCOMPLETE;
  const header = parseHeader(bytes.slice(end));
  if (header.is === 'none') return MALFORMED;
  return header.is === 'proxied' ? { ...header, length: end + header.length } : header;
}

function parseHeader(bytes: string): ProxyHeader {
  const header = parseProxyV1(bytes);
  return header.is === 'none' ? parseProxyV2(bytes) : header;
}
