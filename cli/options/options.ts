// The flags that more than one command takes, each with its environment twin. Those of the message
// server, of the bridge and of the clients are in files of their own.

import { Option } from 'commander';
import { parseCount, parseNetworks, parsePort } from './parsers.ts';

export const DEFAULT_HOST = '127.0.0.1';
export const DEFAULT_PORT = 26310;

/** Only this machine can send from there (RFC 1122, section 3.2.1.3; RFC 4291, section 2.5.3). */
export const LOOPBACK = ['127.0.0.0/8', '::1'];

export const LOG_FORMATS = ['console', 'json', 'silent'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export interface LogOptions {
  log: LogFormat;
}

export interface AddressOptions {
  host: string;
  port: number;
}

export interface TlsOptions {
  tlsCert?: string;
  tlsKey?: string;
}

/** The headings of `--help`; what has none is last, under Commander's own. */
export const GROUP = {
  reach: 'What it reaches:',
  listen: 'Where it listens:',
  store: 'The store:',
  passwords: 'Passwords:',
  limits: 'Limits:',
  proxy: 'Behind a proxy:',
  tls: 'TLS:',
  operator: 'For the operator:',
} as const;

/** Puts options under a heading of `--help`. */
export function inGroup(heading: (typeof GROUP)[keyof typeof GROUP], options: Option[]): Option[] {
  return options.map((option) => option.helpGroup(heading));
}

export function portOption(description: string): Option {
  return new Option('--port <port>', description)
    .env('MOTD_PORT')
    .argParser(parsePort)
    .default(DEFAULT_PORT);
}

export function idleTimeoutOption(description: string): Option {
  return new Option('--idle-timeout <seconds>', description)
    .env('MOTD_IDLE_TIMEOUT')
    .argParser(parseCount(0, 1_000_000))
    .default(0)
    .helpGroup(GROUP.limits);
}

/** Whose word is believed on who is asking. */
export function trustProxyOption(what: string, byDefault: string): Option {
  return new Option(
    '--trust-proxy <networks>',
    `whose ${what} is believed, repeatable: ADDRESS or ADDRESS/PREFIX, or none ` +
      `(default: ${byDefault})`,
  )
    .env('MOTD_TRUST_PROXY')
    .argParser(parseNetworks)
    .helpGroup(GROUP.proxy);
}

/** @param who What is to show the certificate. */
export function tlsOptions(who: 'the server' | 'the page'): Option[] {
  return inGroup(GROUP.tls, [
    new Option(
      '--tls-cert <file>',
      `${who} speaks TLS: the certificate, and those that vouch for it (PEM)`,
    ).env('MOTD_TLS_CERT'),
    new Option('--tls-key <file>', 'the private key that belongs to it (PEM)').env('MOTD_TLS_KEY'),
  ]);
}

export function logOption(): Option {
  return new Option('--log <format>', 'what happens, on standard output')
    .env('MOTD_LOG')
    .choices(LOG_FORMATS)
    .default('console');
}
