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
  /** A secret to send before that header, so that the target trusts it. */
  proxyKey?: string | undefined;
}

// NAME fits into the reason of a close frame (describeFailure.ts) and into a URL path. HOST is a
// name, an IPv4 address, or an IPv6 address in brackets (RFC 3986, section 3.2.2).
const TARGET =
  /^(?<name>[A-Za-z0-9][A-Za-z0-9_-]{0,31})=(?<destination>\S+?)(?<mark>\+proxy(?:-v2)?)?$/;
const TCP = /^(?:\[(?<ipv6>[0-9A-Fa-f:.]+)\]|(?<host>[^:[\]/\s+]+)):(?<port>\d{1,5})$/;
const UNIX = /^unix:(?<path>\/\S+)$/;

/** The maximum length of a Unix socket's path, in bytes: `sun_path` without its NUL (unix(7)). */
const MAX_PATH_BYTES = 107;

/**
 * Parses a target.
 *
 * @param text `NAME=HOST:PORT` or `NAME=unix:/PATH`, followed by `+proxy` or `+proxy-v2` if the
 *   target expects a PROXY header of version 1 or 2.
 * @returns The target; `undefined` if the text is invalid.
 */
export function parseTarget(text: string): Target | undefined {
  const { name, destination = '', mark } = TARGET.exec(text)?.groups ?? {};
  const address = parseTcp(destination) ?? parseUnix(destination);
  if (name === undefined || address === undefined) return undefined;
  if (mark === undefined) return { name, address };
  return { name, address, proxyVersion: mark === '+proxy' ? 1 : 2 };
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
