// The flags that more than one command takes, each with its environment twin.

import { isIP } from 'node:net';
import { InvalidArgumentError, Option } from 'commander';
import { parseTarget, type Target } from '../bridge/targets.ts';
import { MAX_LINE_BYTES, trimLine } from '../protocol/lines.ts';
import { isPlainText } from '../protocol/plainText.ts';

export const DEFAULT_HOST = '127.0.0.1';
export const DEFAULT_PORT = 26310;
export const DEFAULT_MESSAGE = 'An apple a day keeps the doctor away.';
export const DEFAULT_PASSWORD = '123!abc';
export const DEFAULT_TARGET: Target = {
  name: 'motd',
  host: DEFAULT_HOST,
  port: DEFAULT_PORT,
  expectsProxyLine: false,
};

export const LOG_FORMATS = ['console', 'json', 'silent'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export interface LogOptions {
  log: LogFormat;
}

export interface AddressOptions {
  host: string;
  port: number;
}

export interface ServeOptions extends AddressOptions, LogOptions {
  store: string;
  message: string;
  password: string;
}

export interface HttpOptions extends LogOptions {
  httpHost: string;
  httpPort: number;
}

/** Where the message server is to listen. */
export function listenAddressOptions(): Option[] {
  return addressOptions('address to listen on', 'TCP port to listen on; 0 picks a free one');
}

/** Where the message server is. */
export function serverAddressOptions(): Option[] {
  return addressOptions('address of the message server', 'its TCP port');
}

function addressOptions(host: string, port: string): Option[] {
  return [
    new Option('--host <host>', host).env('MOTD_HOST').argParser(parseHost).default(DEFAULT_HOST),
    new Option('--port <port>', port).env('MOTD_PORT').argParser(parsePort).default(DEFAULT_PORT),
  ];
}

/** What the message server is to be. */
export function serverOptions(): Option[] {
  return [
    new Option('--store <url>', 'where the message is kept').env('MOTD_STORE').default('memory:'),
    new Option('--message <text>', 'the message where the store holds none')
      .env('MOTD_MESSAGE')
      .argParser(parseLine)
      .default(DEFAULT_MESSAGE),
    new Option('--password <text>', 'the password SHUTDOWN asks for')
      .env('MOTD_PASSWORD')
      .argParser(parseLine)
      .default(DEFAULT_PASSWORD),
  ];
}

/** Where the bridge and its page listen. */
export function httpOptions(): Option[] {
  return [
    new Option('--http-host <host>', 'address the page is to have')
      .env('MOTD_HTTP_HOST')
      .argParser(parseHost)
      .default(DEFAULT_HOST),
    new Option('--http-port <port>', 'its port; 0 picks a free one')
      .env('MOTD_HTTP_PORT')
      .argParser(parsePort)
      .default(8080),
  ];
}

/** What the bridge may reach. */
export function targetOption(): Option {
  return new Option(
    '--target <name=host:port>',
    'a TCP service the page may reach, repeatable; the first is the default; ' +
      '+proxy behind it tells it who is asking (PROXY protocol v1) ' +
      `(default: ${DEFAULT_TARGET.name}=${DEFAULT_HOST}:${DEFAULT_PORT})`,
  )
    .env('MOTD_TARGET')
    .argParser(parseTargets);
}

export function logOption(): Option {
  return new Option('--log <format>', 'what happens, on standard output')
    .env('MOTD_LOG')
    .choices(LOG_FORMATS)
    .default('console');
}

/** One target, or several with white space between them, added to those before. */
function parseTargets(text: string, before: Target[] = []): Target[] {
  const targets = text.trim().split(/\s+/).map(parseTargetOrRefuse);
  const all = [...before, ...targets];
  if (new Set(all.map(({ name }) => name)).size === all.length) return all;
  throw new InvalidArgumentError('Each target needs a name of its own.');
}

function parseTargetOrRefuse(text: string): Target {
  const target = parseTarget(text);
  if (target !== undefined) return target;
  throw new InvalidArgumentError(
    'A target is NAME=HOST:PORT, IPv6 in brackets, +proxy behind it if it expects a PROXY line.',
  );
}

/** A host name or an IP address. `inet_aton` would take a bare number for one: it is a port. */
export function parseHost(text: string): string {
  const isPort = /^\d+$/.test(text);
  const holdsPort = text.includes(':') && isIP(text) === 0;
  if (text !== '' && !isPort && !holdsPort) return text;
  throw new InvalidArgumentError('It has to be a host name or an IP address; the port goes apart.');
}

/** A TCP port, 0 to 65535. */
export function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('A port is a number from 0 to 65535.');
}

// What a client could not send as one line could not be compared with what a client sends.
function parseLine(text: string): string {
  const line = trimLine(text);
  const isLine = line !== '' && isPlainText(line) && Buffer.byteLength(line) <= MAX_LINE_BYTES;
  if (isLine) return line;
  throw new InvalidArgumentError(
    `It has to be one line of plain text, 1 to ${MAX_LINE_BYTES} bytes.`,
  );
}
