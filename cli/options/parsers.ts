// What a flag's words mean, or why they mean nothing: Commander says the error with the flag's name.

import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { InvalidArgumentError } from 'commander';
import { addressMatcher } from '../../access/source.ts';
import { parseTarget, type Target } from '../../bridge/relay/targets.ts';
import { MAX_LINE_BYTES, trimLine } from '../../protocol/lines.ts';
import { isPlainText } from '../../protocol/plainText.ts';

/** One target, or several with white space between them, added to those before. */
export function parseTargets(text: string, before: Target[] = []): Target[] {
  const targets = text.trim().split(/\s+/).map(parseTargetOrRefuse);
  const all = [...before, ...targets];
  if (new Set(all.map(({ name }) => name)).size === all.length) return all;
  throw new InvalidArgumentError('Each target needs a name of its own.');
}

function parseTargetOrRefuse(text: string): Target {
  const target = parseTarget(text);
  if (target !== undefined) return target;
  throw new InvalidArgumentError(
    'A target is NAME=HOST:PORT, IPv6 in brackets, or NAME=unix:/PATH; +proxy behind it if it ' +
      'expects a PROXY line.',
  );
}

/** A host name or an IP address. `inet_aton` would take a bare number for one: it is a port. */
export function parseHost(text: string): string {
  const isPort = /^\d+$/.test(text);
  const holdsPort = text.includes(':') && isIP(text) === 0;
  if (text.includes(',')) {
    throw new InvalidArgumentError('It has to be one address to listen on; clients take several.');
  }
  if (text !== '' && !isPort && !holdsPort) return text;
  throw new InvalidArgumentError('It has to be a host name or an IP address; the port goes apart.');
}

/** A server as a client is told of it; one without a port has that of `--port`. */
export interface ServerArgument {
  host: string;
  port?: number;
}

// An IPv6 address with a port is in brackets (RFC 3986, section 3.2.2).
const SERVER = /^(?:\[(?<ipv6>[^[\]]+)\]|(?<name>[^:[\]/\s]+))(?::(?<port>\d{1,5}))?$/;

/** One server, or several with commas between. */
export function parseServers(text: string): ServerArgument[] {
  return text.split(',').map((one) => parseServer(one.trim()));
}

function parseServer(text: string): ServerArgument {
  if (isIP(text) !== 0) return { host: text };
  const { ipv6 = '', name = ipv6, port } = SERVER.exec(text)?.groups ?? {};
  const isHost = name === ipv6 ? isIP(ipv6) === 6 : !/^\d+$/.test(name);
  const isPort = port === undefined || (Number(port) >= 1 && Number(port) <= 65_535);
  if (isHost && isPort) return { host: name, ...(port && { port: Number(port) }) };
  throw new InvalidArgumentError(
    `'${text}' is no server: each is a host name or an IP address, HOST:PORT or [IPV6]:PORT, ` +
      'with commas between.',
  );
}

/** A TCP port, 0 to 65535. */
export function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('A port is a number from 0 to 65535.');
}

/**
 * @returns The one line of plain text there is, as a client could send it;
 *   `undefined` where it is not.
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
    `It has to be one line of plain text, 1 to ${MAX_LINE_BYTES} bytes.`,
  );
}

/** `/PATH`, without a slash at its end; `/` is none. */
export function parseBasePath(text: string): string {
  const path = text.replace(/\/$/, '');
  if (/^(\/[A-Za-z0-9_.~-]+)*$/.test(path) && !/\/\.{1,2}(\/|$)/.test(path)) return path;
  throw new InvalidArgumentError('It has to be a path such as /motd, of letters, digits and -._~.');
}

/** One origin, or several with white space between them, added to those before. */
export function parseOrigins(text: string, before: string[] = []): string[] {
  return [...before, ...text.trim().split(/\s+/).map(parseOrigin)];
}

function parseOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isOrigin =
    url !== undefined && url.href === `${url.origin}/` && /^https?:$/.test(url.protocol);
  if (isOrigin) return url.origin;
  throw new InvalidArgumentError('An origin is https://HOST or https://HOST:PORT, and no path.');
}

const MAX_WORKERS = 256;

/** A number of processes, or `auto`. */
export function parseWorkers(text: string): number {
  return text === 'auto' ? availableParallelism() : parseCount(1, MAX_WORKERS, 'auto, or ')(text);
}

export function parseReadyUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' && url.username === '' && url.hash === '') return url;
  throw new InvalidArgumentError('It has to be http://HOST:PORT/PATH.');
}

export function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (/^\d{1,6}(\.\d{1,3})?$/.test(text) && seconds > 0) return seconds;
  throw new InvalidArgumentError('It has to be a number of seconds above 0.');
}

/**
 * Makes the parser of a whole number between two others.
 *
 * @param orElse What is taken beside it, for the error: `auto, or `.
 */
export function parseCount(least: number, most: number, orElse = ''): (text: string) => number {
  return (text) => {
    const count = Number(text);
    if (/^\d{1,9}$/.test(text) && count >= least && count <= most) return count;
    throw new InvalidArgumentError(
      `It has to be ${orElse}a whole number from ${least} to ${most}.`,
    );
  };
}

/** One network, or several with white space between them, added to those before; `none` is none. */
export function parseNetworks(text: string, before: string[] = []): string[] {
  const networks = text.trim() === 'none' ? [] : text.trim().split(/\s+/);
  try {
    addressMatcher(networks);
  } catch {
    throw new InvalidArgumentError(
      'It takes IP addresses as 127.0.0.1, or networks as 10.0.0.0/8, or none.',
    );
  }
  return [...before, ...networks];
}
