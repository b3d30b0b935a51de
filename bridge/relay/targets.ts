// The TCP services that the bridge may connect to. A client selects one by name, never by address.

import { isIP } from 'node:net';
import type { Endpoint, ListenAddress } from '../../access/endpoint.ts';
import { MAX_SOCKET_PATH_BYTES } from '../../access/unixSocket.ts';
import type { Profile } from './profile.ts';

export interface Target {
  name: string;
  /**
   * The address it listens on, as for `net.connect`: a TCP endpoint, or the path of a Unix socket.
   */
  address: ListenAddress;
  /**
   * The name, or the IP address, that its certificate must have; without one, TLS is not used.
   */
  tlsName?: string | undefined;
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
  /**
   * The WebSocket subprotocols that it speaks, in the order of preference (selectSubprotocol.ts).
   */
  subprotocols?: readonly string[];
  /** Whether it speaks Telnet, which the bridge then speaks with it (telnetRelay.ts). */
  isTelnet?: boolean;
  /** Whether the page shows its colors. The bridge relays them in any case. */
  showsColor?: boolean;
  /** Whether a browser may only read: anything it sends ends its session. */
  isReadOnly?: boolean;
  /** The file that describes it for its page. */
  profileFile?: string;
  /** What that file holds. */
  profile?: Profile;
  /** A secret to send before that header, so that the target trusts it. */
  proxyKey?: string | undefined;
  /** The command that runs both it and this bridge, for its page: `motd up`, or what runs that. */
  startCommand?: string | undefined;
}

/** The name of a message server: `motd up`, the default of --target, and deploy/ use it. */
const MESSAGE_SERVER_NAME = 'motd';

/** @returns What a mark sets; `undefined` if its value is invalid. */
type Mark = (value: string | undefined, target: Target) => Partial<Target> | undefined;

/**
 * The marks that may follow an address. `+NAME=VALUE` gives a mark its value. Two that set the same
 * exclude each other, unless they are REPEATABLE.
 */
export const MARKS: ReadonlyMap<string, Mark> = new Map<string, Mark>([
  ['tls', tlsMark],
  ['proxy', withoutValue({ proxyVersion: 1 })],
  ['proxy-v2', withoutValue({ proxyVersion: 2 })],
  ['original', withoutValue({ isOriginal: true })],
  ['telnet', withoutValue({ isTelnet: true })],
  ['color', withoutValue({ showsColor: true })],
  ['readonly', withoutValue({ isReadOnly: true })],
  ['subprotocol', addSubprotocol],
  ['profile', (file) => (file === undefined ? undefined : { profileFile: file })],
]);

const REPEATABLE: ReadonlySet<string> = new Set(['subprotocol']);

/**
 * A token (RFC 9110, section 5.6.2), without the `+` that begins the next mark. In the metrics,
 * `none` is a session without a subprotocol.
 */
const SUBPROTOCOL = /^(?!none$)[!#$%&'*.^_`|~0-9A-Za-z-]+$/;

// NAME fits into the reason of a close frame (describeFailure.ts) and into a URL path. HOST is a
// name, an IPv4 address, or an IPv6 address in brackets (RFC 3986, section 3.2.2).
export const NAME = /[A-Za-z0-9][A-Za-z0-9_-]{0,31}/;
const TARGET = new RegExp(
  `^(?<name>${NAME.source})=(?<destination>\\S+?)` +
    `(?<marks>(?:\\+(?:${[...MARKS.keys()].join('|')})(?:=[^+\\s]+)?)*)$`,
);
const TCP = /^(?:\[(?<ipv6>[0-9A-Fa-f:.]+)\]|(?<host>[^:[\]/\s+-][^:[\]/\s+]*)):(?<port>\d{1,5})$/;
const UNIX = /^unix:(?<path>\/\S+)$/;

/**
 * Parses a target.
 *
 * @param text `NAME=HOST:PORT` or `NAME=unix:/PATH`, followed by marks: `+tls` or `+tls=NAME` for TLS,
 *   `+proxy` or `+proxy-v2` if the target expects a PROXY header of version 1 or 2, `+original` if it
 *   is an original server, `+subprotocol=NAME` for each WebSocket subprotocol that it speaks;
 *   `+telnet`, `+color`, `+readonly`, `+profile=FILE`, but none of these with `+original`.
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
  if (isContradictory(target)) return undefined;
  return target.tlsName === HOST_OF_ADDRESS ? withHostAsTlsName(target) : target;
}

/** An original server holds the message server's dialogue, and is not used line by line. */
function isContradictory({ isOriginal, ...target }: Target): boolean {
  return isOriginal === true && isUsedByLine(target);
}

/** Whether its marks are for a service that the page uses line by line. */
function isUsedByLine(target: Omit<Target, 'isOriginal'>): boolean {
  const { isTelnet, showsColor, isReadOnly, profileFile } = target;
  return [isTelnet, showsColor, isReadOnly].includes(true) || profileFile !== undefined;
}

/** Whether the bridge takes it for a message server: by its name, unless a mark overrides it. */
export function isMessageServer(target: Target): boolean {
  return target.name === MESSAGE_SERVER_NAME && !target.isOriginal && !isUsedByLine(target);
}

/** @param mark Without its `+`. */
function applyMark(target: Target, mark: string): Target | undefined {
  const [name = '', value] = mark.split(/=(.*)/s, 2);
  const marked = MARKS.get(name)?.(value, target);
  if (marked === undefined) return undefined;
  const isRepeated = Object.keys(marked).some((key) => key in target);
  return isRepeated && !REPEATABLE.has(name) ? undefined : { ...target, ...marked };
}

function withoutValue(marked: Partial<Target>): Mark {
  return (value) => (value === undefined ? marked : undefined);
}

function addSubprotocol(
  name: string | undefined,
  { subprotocols = [] }: Target,
): Partial<Target> | undefined {
  const isValid = name !== undefined && SUBPROTOCOL.test(name) && !subprotocols.includes(name);
  return isValid ? { subprotocols: [...subprotocols, name] } : undefined;
}

/** Stands for the host of the address, which a mark does not know. */
const HOST_OF_ADDRESS = '';

// The name of a certificate: a host name (RFC 1123, section 2.1), or an IP address.
const HOST_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?\.?$/;

function tlsMark(name = HOST_OF_ADDRESS): Partial<Target> | undefined {
  const isName = name === HOST_OF_ADDRESS || HOST_NAME.test(name) || isIP(name) !== 0;
  return isName ? { tlsName: name } : undefined;
}

/** @returns `undefined` if the address has no host. */
function withHostAsTlsName(target: Target): Target | undefined {
  return 'host' in target.address ? { ...target, tlsName: target.address.host } : undefined;
}

function parseTcp(text: string): Endpoint | undefined {
  const { ipv6, host = ipv6, port } = TCP.exec(text)?.groups ?? {};
  const number = Number(port);
  if (host === undefined || number < 1 || number > 65_535) return undefined;
  return { host, port: number };
}

function parseUnix(text: string): { path: string } | undefined {
  const path = UNIX.exec(text)?.groups?.['path'];
  if (path === undefined || Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES) return undefined;
  return { path };
}
