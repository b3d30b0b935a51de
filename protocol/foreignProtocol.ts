// Detects peers that speak another protocol (PROTOCOL.md, "Other protocols").
//
// A web page can make the browser of a visitor send bytes to any port: first a request line and
// headers, then a body that the page chooses. Without this check, the server would run the lines of
// that body as commands (cross-protocol request forgery; Redis closes such connections since
// 3.2.7). A page cannot choose the first bytes of a connection, so those decide.

import { decodeUtf8 } from './utf8.ts';

/**
 * The number of first bytes of a connection to examine: enough for any signature or HTTP method.
 */
export const MAX_FIRST_BYTES = 64;

/**
 * The first bytes of binary protocols. No pattern requires or matches an LF, so the result does not
 * depend on where TCP splits the bytes.
 */
const SIGNATURES: ProtocolPatterns = [
  // A handshake record (RFC 8446, section 5.1). A page may choose lines in the session ticket.
  ['TLS', /^\x16\x03[\0-\x04]/],
  // SSLv2's CLIENT-HELLO that offers TLS (RFC 5246, appendix E.2).
  ['TLS', /^[\x80-\xbf][^\n]\x01[\0\x03]/],
  // The cookie 0x2112A442 (RFC 8489, section 5); WebRTC over TCP sends a length first (RFC 4571).
  ['STUN', /^(?:[^\n]{2})?[\0-\x09\x0b-\x3f][^\n]{3}\x21\x12\xa4\x42/],
  // RFC 1928, section 3; SOCKS 4: CONNECT and BIND.
  ['SOCKS', /^\x05[\x01-\x09][\0-\x09\x80-\xfe]/],
  ['SOCKS', /^\x04[\x01\x02][^\n]{2}/],
  // MQTT 3.1.1, section 3.1; MQTT 3.1.
  ['MQTT', /^\x10[^\n]{1,4}\0(?:\x04MQTT|\x06MQIsdp)/],
  // TPKT with a connection request (RFC 1006, section 6), as RDP sends it.
  ['RDP', /^\x03\0[^\n]{3}\xe0/],
  // Text with a byte order mark, as Windows programs write it (Unicode 16, section 23.8).
  ['UTF-16', /^(?:\xff\xfe[^\n]\0|\xfe\xff\0[^\n])/],
  // Any other binary protocol: it starts with a length or a type, while users and C programs start
  // with text, white space, NULs, ESC (an arrow key) or IAC (telnet.ts).
  ['binary data', /^(?=[^\n]{8})[\x01-\x08\x0e-\x1a\x1c-\x1f][\0-\x08\x0e-\x1a\x1c-\x1f]/],
  ['binary data', /^(?=[^\n]{8})\0{1,3}[\x01-\x08\x0e-\x1a\x1c-\x1f\x80-\xfe]/],
];

/** The first lines of text protocols. */
const FIRST_LINES: ProtocolPatterns = [
  // RFC 4253, section 4.2.
  ['SSH', /^SSH-\d/i],
  // RFC 5321, section 4.1.1.1; RFC 2033.
  ['SMTP', /^(?:EHLO|HELO|LHLO)(?: |$)/i],
  // redis.io, "Redis serialization protocol specification".
  ['Redis', /^\*\d+$/],
  // RFC 2229, section 3.6, as `curl dict:` sends it.
  ['DICT', /^CLIENT /i],
  // Git's documentation, "pack-protocol".
  ['Git', /^[0-9a-f]{4}git-/],
  // An XML document, or an XMPP stream.
  ['XML', /^<[!?a-z]/i],
  // JSON-RPC and similar protocols.
  ['JSON', /^[[{]\s*["{[]/],
  // NUL between other bytes.
  ['binary data', /[^\0]\0+[^\0]/],
];

/**
 * PROXY protocol, version 1 (proxy-protocol.txt, section 2.1), or the key before it
 * (parseProxyHeader.ts).
 */
const PROXY_V1 = /^PROXY(?:-KEY)?[ \t]/;

/** PROXY protocol, version 2, up to the LF after its NUL (proxy-protocol.txt, section 2.2). */
const PROXY_V2 = /^\r\n\r\n\0\r\n/;

/** A control character, except those at line ends, TAB, and ESC, which arrow keys send. */
const CONTROL = /[\x01-\x08\x0b-\x1a\x1c-\x1f\x7f]/;

/**
 * A request line: any method, a target, a version (RFC 9112, section 3; the same in RTSP, SIP,
 * ICAP).
 */
const REQUEST_LINE = /^\S+[ \t]+\S.*[ \t](?:HTTP|RTSP|SIP|ICAP)\/\d/i;
/** A request line without a version: HTTP/0.9, or the start of a line over the limit. */
const REQUEST_START =
  /^(?:GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH)[ \t]+(?:[/*]|[^ \t:]+:)/i;
/** The start of a line over the limit: no valid line is that long, so any method matches. */
const LONG_REQUEST = /^\S+[ \t]+(?:[/*]|[a-z][a-z0-9+.-]*:\/\/)/i;
const STATUS_LINE = /^(?:HTTP|RTSP|SIP|ICAP)\/\d/i;

/** Every HTTP/1.1 request has Host (RFC 9112, section 3.2); browsers and proxies add the others. */
const HEADER =
  /^(?:host|origin|referer|user-agent|accept(?:-[a-z-]+)?|content-[a-z-]+|connection|keep-alive|cookie2?|cache-control|pragma|upgrade(?:-insecure-requests)?|sec-[a-z-]+|dnt|te|transfer-encoding|expect|if-[a-z-]+|authorization|proxy-[a-z-]+|access-control-[a-z-]+|forwarded|x-[a-z-]+)[ \t]*:/i;

const HTTP = [REQUEST_LINE, REQUEST_START, STATUS_LINE, HEADER];

type ProtocolPatterns = readonly (readonly [protocol: string, pattern: RegExp])[];

/**
 * Detects a binary protocol by the first bytes of a connection.
 *
 * @param firstBytes The bytes received so far, a byte string; only `MAX_FIRST_BYTES` are needed.
 * @returns The protocol's name; `undefined` if no protocol matches, or none yet.
 */
export function protocolOfFirstBytes(firstBytes: string): string | undefined {
  return nameIn(SIGNATURES, firstBytes);
}

/**
 * Detects another protocol by the first line that is not blank.
 *
 * @param line A byte string without white space at either end, and without telnet commands.
 * @param firstBytes The first bytes of the connection, at least up to this line.
 * @returns The protocol's name; `undefined` if a MOTD client may have sent the line.
 */
export function protocolOfFirstLine(line: string, firstBytes: string): string | undefined {
  if (PROXY_V2.test(firstBytes)) return 'PROXY';
  const protocol = protocolOfLine(line) ?? nameIn(FIRST_LINES, line);
  return protocol ?? (isBinary(line) ? 'binary data' : undefined);
}

/**
 * Detects another protocol by the start of a first line that is over the limit.
 *
 * @param start A byte string without white space at either end; empty if the line has no other
 *   bytes.
 * @param firstBytes As for `protocolOfFirstLine`.
 * @returns The protocol's name; `undefined` if a MOTD client may have sent the line.
 */
export function protocolOfLongLine(start: string, firstBytes: string): string | undefined {
  if (start === '') return 'white space';
  return protocolOfFirstLine(start, firstBytes) ?? (LONG_REQUEST.test(start) ? 'HTTP' : undefined);
}

/**
 * Detects another protocol by any line received in place of a command.
 *
 * @param line A byte string without white space at either end.
 * @returns The protocol's name; `undefined` if a MOTD client may have sent the line.
 */
export function protocolOfLine(line: string): string | undefined {
  if (PROXY_V1.test(line)) return 'PROXY';
  return HTTP.some((pattern) => pattern.test(line)) ? 'HTTP' : undefined;
}

function isBinary(line: string): boolean {
  return CONTROL.test(line) && decodeUtf8(line) === undefined;
}

function nameIn(patterns: ProtocolPatterns, text: string): string | undefined {
  return patterns.find(([, pattern]) => pattern.test(text))?.[0];
}
