// Parses the values of flags. Commander prints an error together with the name of the flag.

import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import type { UnixSocket } from '../../access/endpoint.ts';
import { addressMatcher } from '../../access/source.ts';
import { MAX_SOCKET_PATH_BYTES } from '../../access/unixSocket.ts';
import { targetFault } from '../../bridge/relay/targetFault.ts';
import { parseTarget, type Target } from '../../bridge/relay/targets.ts';
import { MAX_LINE_BYTES, trimLine } from '../../protocol/lines.ts';
import { isPlainText } from '../../protocol/plainText.ts';

/** Parses targets separated by white space, and appends them to the previous ones. */
export function parseTargets(text: string, previous: Target[] = []): Target[] {
  const targets = text.trim().split(/\s+/).map(parseTargetOrThrow);
  const all = [...previous, ...targets];
  if (new Set(all.map(({ name }) => name)).size === all.length) return all;
  throw new InvalidArgumentError('Each target needs a different name.');
}

function parseTargetOrThrow(text: string): Target {
  const target = parseTarget(text);
  if (target !== undefined) return target;
  throw new InvalidArgumentError(`It is not a target: ${targetFault(text)}.`);
}

const TARGET_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;

/** @returns The name of a target; or the target, which is written as one without its name. */
export function parseFeed(text: string): string | Target {
  const feed = TARGET_NAME.test(text) ? text : parseTarget(`feed=${text}`);
  if (feed !== undefined) return feed;
  throw new InvalidArgumentError(
    'It must be the name of a --target, or HOST:PORT, with IPv6 in brackets.',
  );
}

/**
 * Parses a host name or an IP address. Rejects a bare number, which `inet_aton` takes for an
 * address.
 */
export function parseHost(text: string): string {
  const isPort = /^\d+$/.test(text);
  const hasPort = text.includes(':') && isIP(text) === 0;
  if (text.includes(',')) {
    throw new InvalidArgumentError(
      'It must be one address to listen on; only clients accept several.',
    );
  }
  if (text !== '' && !isPort && !hasPort) return text;
  throw new InvalidArgumentError(
    'It must be a host name or an IP address; pass the port separately.',
  );
}

/** A server given to a client. Without a port, the one of `--port` applies. */
export type ServerArgument = { host: string; port?: number } | UnixSocket;

/**
 * Parses a path at which something is created. The shell expands `--record ~/x`, but not
 * `--record=~/x`.
 */
export function parseNewPath(text: string): string {
  if (!text.startsWith('~')) return text;
  throw new InvalidArgumentError(
    'The shell does not expand ~ here: write $HOME/…, or ./~… for a file or folder of this name.',
  );
}

// An IPv6 address with a port is in brackets (RFC 3986, section 3.2.2).
const SERVER = /^(?:\[(?<ipv6>[^[\]]+)\]|(?<name>[^:[\]/\s]+))(?::(?<port>\d{1,5}))?$/;

// As for a target, as docker writes it (`unix:///PATH`), or the path alone.
const SERVER_SOCKET = /^(?:unix:)?(?<path>\.{0,2}\/.*)$/;

/** The URL of a bridge's page, or of its WebSocket. */
const PAGE_URL = /^(?:http|ws)s?:\/\/\S+$/;

/** Parses servers separated by commas. */
export function parseServers(text: string): ServerArgument[] {
  return text.split(',').map((one) => parseServer(one.trim()));
}

function parseServer(text: string): ServerArgument {
  if (isIP(text) !== 0) return { host: text };
  const path = SERVER_SOCKET.exec(text)?.groups?.['path'];
  if (path !== undefined) return parseServerSocket(path);
  const { ipv6 = '', name = ipv6, port } = SERVER.exec(text)?.groups ?? {};
  const isHost = name === ipv6 ? isIP(ipv6) === 6 : !/^\d+$/.test(name);
  const isPort = port === undefined || (Number(port) >= 1 && Number(port) <= 65_535);
  if (isHost && isPort) return { host: name, ...(port && { port: Number(port) }) };
  if (/^\d{1,5}$/.test(text)) {
    throw new InvalidArgumentError(`'${text}' is not a server: write --port ${text} for a port.`);
  }
  if (PAGE_URL.test(text) && URL.canParse(text)) {
    const url = webSocketUrlOf(new URL(text));
    throw new InvalidArgumentError(`'${text}' is not a server: write --url ${url} for a bridge.`);
  }
  throw new InvalidArgumentError(
    `'${text}' is not a server: it must be HOST, HOST:PORT, [IPV6]:PORT or the /PATH of a Unix ` +
      'socket, and several are separated by commas.',
  );
}

function parseServerSocket(text: string): UnixSocket {
  const path = resolve(text);
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES) return { path };
  throw new InvalidArgumentError(
    `The path of a Unix socket has at most ${MAX_SOCKET_PATH_BYTES} bytes in full.`,
  );
}

// ws+unix: a form of the package ws, which takes the path of the socket as it is in the URL.
const WEB_SOCKET_URL = /^(?:(?:ws|http)s?:|ws\+unix:(?:\/\/)?\/[^/:%][^:%]*:\/)/;

/** Parses WebSocket URLs separated by commas. */
export function parseUrls(text: string): URL[] {
  return text.split(',').map((one) => parseWebSocketUrl(one.trim()));
}

function parseWebSocketUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !WEB_SOCKET_URL.test(url.href)) {
    throw new InvalidArgumentError(
      `'${text}' is not a URL: it must be wss://HOST/ws, or ws+unix:/PATH:/ws for a Unix socket.`,
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw new InvalidArgumentError(
      'A password in a URL is visible to other users; use --login-file.',
    );
  }
  if (url.protocol.startsWith('http')) {
    throw new InvalidArgumentError(
      `The WebSocket of a page has a URL of its own: ${webSocketUrlOf(url)}`,
    );
  }
  url.hash = '';
  return url;
}

function webSocketUrlOf({ protocol, host, pathname }: URL): string {
  const path = protocol.startsWith('http') ? pathname.replace(/(\/ws)?\/?$/, '/ws') : pathname;
  return `${protocol.replace('http', 'ws')}//${host}${path}`;
}

export function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('It must be a port number from 0 to 65535.');
}

/**
 * @returns The line, trimmed; `undefined` if the text is not one line of plain text that fits the
 *   protocol.
 */
export function parseSingleLine(text: string): string | undefined {
  const line = trimLine(text);
  const isLine = line !== '' && isPlainText(line) && Buffer.byteLength(line) <= MAX_LINE_BYTES;
  return isLine ? line : undefined;
}

export function parseLine(text: string): string {
  const line = parseSingleLine(text);
  if (line !== undefined) return line;
  throw new InvalidArgumentError(
    `It must be one line of plain text, 1 to ${MAX_LINE_BYTES} bytes.`,
  );
}

/** @returns `/PATH`, without a slash at its end; an empty string for `/`. */
export function parseBasePath(text: string): string {
  const path = text.replace(/\/$/, '');
  if (/^(\/[A-Za-z0-9_.~-]+)*$/.test(path) && !/\/\.{1,2}(\/|$)/.test(path)) return path;
  throw new InvalidArgumentError('It must be a path such as /motd, of letters, digits and -._~.');
}

/** Parses origins separated by white space, and appends them to the previous ones. */
export function parseOrigins(text: string, previous: string[] = []): string[] {
  return [...previous, ...text.trim().split(/\s+/).map(parseOrigin)];
}

function parseOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isOrigin =
    url !== undefined && url.href === `${url.origin}/` && /^https?:$/.test(url.protocol);
  if (isOrigin) return url.origin;
  throw new InvalidArgumentError('It must be https://HOST or https://HOST:PORT, without a path.');
}

/** Headers whose meaning is not that of a user's name. */
const OTHER_HEADERS =
  /^(?:host|origin|cookie|connection|upgrade|authorization|forwarded|x-forwarded-for|x-real-ip|via|te|range|referer|user-agent|(?:sec|accept|content|if)(?:-.*)?)$/i;

/** The name of a header (RFC 9110, section 5.1), without the characters that no proxy uses. */
export function parseHeaderName(text: string): string {
  if (/^[A-Za-z][A-Za-z0-9-]{0,63}$/.test(text) && !OTHER_HEADERS.test(text)) return text;
  throw new InvalidArgumentError(
    'It must be the name of a header of its own, such as X-Remote-User.',
  );
}

const MAX_WORKERS = 256;

/** A number of processes, or `auto`. */
export function parseWorkers(text: string): number {
  return text === 'auto' ? availableParallelism() : parseCount(1, MAX_WORKERS, 'auto, or ')(text);
}

export function parseReadyUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' && url.username === '' && url.hash === '') return url;
  throw new InvalidArgumentError('It must be http://HOST:PORT/PATH.');
}

export function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (/^\d{1,6}(\.\d{1,3})?$/.test(text) && seconds > 0) return seconds;
  throw new InvalidArgumentError('It must be a number of seconds above 0.');
}

/**
 * Makes a parser for whole numbers in a range.
 *
 * @param alternative Another accepted value, for the error: `auto, or `.
 */
export function parseCount(min: number, max: number, alternative = ''): (text: string) => number {
  return (text) => {
    const count = Number(text);
    if (/^\d{1,9}$/.test(text) && count >= min && count <= max) return count;
    throw new InvalidArgumentError(
      `It must be ${alternative}a whole number from ${min} to ${max}.`,
    );
  };
}

/** The number of a message; 0 is the initial one. */
export const parseNumber = parseCount(0, 999_999_999);

/**
 * Parses networks separated by white space, and appends them to the previous ones. `none` adds
 * none.
 */
export function parseNetworks(text: string, previous: string[] = []): string[] {
  const networks = text.trim() === 'none' ? [] : text.trim().split(/\s+/);
  try {
    addressMatcher(networks);
  } catch {
    throw new InvalidArgumentError(
      'It must be IP addresses such as 127.0.0.1, networks such as 10.0.0.0/8, unix, or none.',
    );
  }
  return [...previous, ...networks];
}
