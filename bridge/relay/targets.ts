// The TCP services that the bridge may connect to. A client selects one by name, never by address.

import type { Endpoint } from '../../access/endpoint.ts';

export interface Target {
  name: string;
  /**
   * The address it listens on, as for `net.connect`: a TCP endpoint, or the path of a Unix socket.
   */
  address: Endpoint | { path: string };
  /**
   * The version of the PROXY header with which each connection to it has to begin; without one, no
   * header is sent.
   */
  proxyVersion?: 1 | 2 | undefined;
  /**
   * Whether it is an original server, whose replies may have no line ends: the page then opens with
   * `as=original` (http/targetPage.ts). Nothing else depends on it.
   */
  isOriginal?: boolean;
  /** A secret to send before that header, so that the target trusts it. */
  proxyKey?: string | undefined;
}

// NAME fits into the reason of a close frame (describeFailure.ts) and into a URL path. HOST is a
// name, an IPv4 address, or an IPv6 address in brackets (RFC 3986, section 3.2.2).
const TARGET =
  /^(?<name>[A-Za-z0-9][A-Za-z0-9_-]{0,31})=(?<destination>\S+?)(?<marks>(?:\+(?:proxy|proxy-v2|original))*)$/;
const TCP = /^(?:\[(?<ipv6>[0-9A-Fa-f:.]+)\]|(?<host>[^:[\]/\s+]+)):(?<port>\d{1,5})$/;
const UNIX = /^unix:(?<path>\/\S+)$/;

/** What each mark sets. Two that set the same exclude each other. */
const MARKS = new Map<string, Partial<Target>>([
  ['proxy', { proxyVersion: 1 }],
  ['proxy-v2', { proxyVersion: 2 }],
  ['original', { isOriginal: true }],
]);

/** The maximum length of a Unix socket's path, in bytes: `sun_path` without its NUL (unix(7)). */
const MAX_PATH_BYTES = 107;

/**
 * Parses a target.
 *
 * @param text `NAME=HOST:PORT` or `NAME=unix:/PATH`, followed by marks: `+proxy` or `+proxy-v2` if
 *   the target expects a PROXY header of version 1 or 2, `+original` if it is an original server.
 * @returns The target; `undefined` if the text is invalid.
 */
export function parseTarget(text: string): Target | undefined {
  const { name, destination = '', marks = '' } = TARGET.exec(text)?.groups ?? {};
  const address = parseTcp(destination) ?? parseUnix(destination);
  if (name === undefined || address === undefined) return undefined;
  const marked = marks
    .split('+')
    .slice(1)
    .map((mark) => MARKS.get(mark));
  const target: Target = Object.assign({ name, address }, ...marked);
  return Object.keys(target).length === 2 + marked.length ? target : undefined;
}

function parseTcp(text: string): Endpoint | undefined {
  const { ipv6, host = ipv6, port } = TCP.exec(text)?.groups ?? {};
  const number = Number(port);
  if (host === undefined || number < 1 || number > 65_535) return undefined;
  return { host, port: number };
}

function parseUnix(text: string): { path: string } | undefined {
  const path = UNIX.exec(text)?.groups?.['path'];
  if (path === undefined || Buffer.byteLength(path) > MAX_PATH_BYTES) return undefined;
  return { path };
}
