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
  /** Whether it speaks Telnet, which the bridge then speaks with it (telnetRelay.ts). */
  isTelnet?: boolean;
  /** Whether the page shows its colors. The bridge relays them in any case. */
  showsColor?: boolean;
  /** Whether a browser may only read: anything it sends ends its session. */
  isReadOnly?: boolean;
  /** A secret to send before that header, so that the target trusts it. */
  proxyKey?: string | undefined;
}

/**
 * The marks that may follow an address, and what each sets. `+NAME=VALUE` gives a mark its value. A
 * mark returns `undefined` if its value is invalid. Two that set the same exclude each other.
 */
const MARKS: ReadonlyMap<string, (value: string | undefined) => Partial<Target> | undefined> =
  new Map([
    ['proxy', withoutValue({ proxyVersion: 1 })],
    ['proxy-v2', withoutValue({ proxyVersion: 2 })],
    ['original', withoutValue({ isOriginal: true })],
    ['telnet', withoutValue({ isTelnet: true })],
    ['color', withoutValue({ showsColor: true })],
    ['readonly', withoutValue({ isReadOnly: true })],
  ]);

// NAME fits into the reason of a close frame (describeFailure.ts) and into a URL path. HOST is a
// name, an IPv4 address, or an IPv6 address in brackets (RFC 3986, section 3.2.2).
const TARGET = new RegExp(
  `^(?<name>[A-Za-z0-9][A-Za-z0-9_-]{0,31})=(?<destination>\\S+?)` +
    `(?<marks>(?:\\+(?:${[...MARKS.keys()].join('|')})(?:=[^+\\s]+)?)*)$`,
);
const TCP = /^(?:\[(?<ipv6>[0-9A-Fa-f:.]+)\]|(?<host>[^:[\]/\s+]+)):(?<port>\d{1,5})$/;
const UNIX = /^unix:(?<path>\/\S+)$/;

/** The maximum length of a Unix socket's path, in bytes: `sun_path` without its NUL (unix(7)). */
const MAX_PATH_BYTES = 107;

/**
 * Parses a target.
 *
 * @param text `NAME=HOST:PORT` or `NAME=unix:/PATH`, followed by marks: `+proxy` or `+proxy-v2` if
 *   the target expects a PROXY header of version 1 or 2, `+original` if it is an original server;
 *   `+telnet`, `+color`, `+readonly`, but none of these with `+original`.
 * @returns The target; `undefined` if the text is invalid.
 */
export function parseTarget(text: string): Target | undefined {
  const { name, destination = '', marks = '' } = TARGET.exec(text)?.groups ?? {};
  const address = parseTcp(destination) ?? parseUnix(destination);
  if (name === undefined || address === undefined) return undefined;
  let target: Target = { name, address };
  for (const mark of marks.split('+').slice(1)) {
    const marked = applyMark(target, mark);
    if (marked === undefined) return undefined;
    target = marked;
  }
  return isContradictory(target) ? undefined : target;
}

/** An original server holds the message server's dialogue, and is not used line by line. */
function isContradictory({ isOriginal, ...target }: Target): boolean {
  return isOriginal === true && isUsedByLine(target);
}

/** Whether its marks are for a service that the page uses line by line. */
export function isUsedByLine({ isTelnet, showsColor, isReadOnly }: Target): boolean {
  return [isTelnet, showsColor, isReadOnly].includes(true);
}

/** @param mark Without its `+`. */
function applyMark(target: Target, mark: string): Target | undefined {
  const [name = '', value] = mark.split(/=(.*)/s, 2);
  const marked = MARKS.get(name)?.(value);
  if (marked === undefined) return undefined;
  const isRepeated = Object.keys(marked).some((key) => key in target);
  return isRepeated ? undefined : { ...target, ...marked };
}

function withoutValue(marked: Partial<Target>) {
  return (value: string | undefined) => (value === undefined ? marked : undefined);
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
