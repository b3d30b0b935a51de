// The TCP services the bridge may reach. The browser picks one by its name, never by its address.

import type { Endpoint } from '../../access/endpoint.ts';

export interface Target {
  name: string;
  /** Where it listens, as `net.connect` takes it: on TCP, or on a Unix socket. */
  at: Endpoint | { path: string };
  /** Whether each connection to it has to open with a PROXY line (proxyHeader.ts). */
  expectsProxyHeader: boolean;
  /** A secret to send before that line (proxyHeader.ts). */
  proxyKey?: string | undefined;
}

// NAME is short enough for the words of a close frame (connectFailure.ts), and fit for a path. HOST
// is a name, an IPv4 address, or an IPv6 address in brackets (RFC 3986, section 3.2.2).
const TARGET = /^(?<name>[A-Za-z0-9][A-Za-z0-9_-]{0,31})=(?<at>\S+?)(?<proxy>\+proxy)?$/;
const TCP = /^(?:\[(?<ipv6>[0-9A-Fa-f:.]+)\]|(?<host>[^:[\]/\s+]+)):(?<port>\d{1,5})$/;
const UNIX = /^unix:(?<path>\/\S+)$/;

/** The longest path of a socket, in bytes: `sun_path` without its NUL (unix(7)). */
const MAX_PATH_BYTES = 107;

/**
 * Reads a target.
 *
 * @param text `NAME=HOST:PORT` or `NAME=unix:/PATH`, with `+proxy` behind it where the target
 *   expects a PROXY line
 * @returns The target; `undefined` where the text is not one.
 */
export function parseTarget(text: string): Target | undefined {
  const { name, at: where = '', proxy } = TARGET.exec(text)?.groups ?? {};
  const at = parseTcp(where) ?? parseUnix(where);
  if (name === undefined || at === undefined) return undefined;
  return { name, at, expectsProxyHeader: proxy !== undefined };
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
