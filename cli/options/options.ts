// The flags of more than one command. Every flag also has an environment variable. The flags of the
// server, the bridge and the clients are in their own files.

import { Option } from 'commander';
import { parseCount, parseNetworks, parsePort } from './parsers.ts';

export const DEFAULT_HOST = '127.0.0.1';
export const DEFAULT_PORT = 26310;

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
  tlsClientCa?: string;
}

export interface CompatOptions {
  compat?: 'original';
}

/** The headings of `--help`. Flags without one are under Commander's own heading. */
export const GROUP = {
  mostUsed: 'Most used:',
  server: 'Server:',
  targets: 'Targets:',
  feed: 'Message over HTTP:',
  listen: 'Listening:',
  store: 'Store:',
  passwords: 'Passwords:',
  limits: 'Limits:',
  proxy: 'Behind a proxy:',
  tls: 'TLS:',
  operations: 'Operations:',
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

/** @param adaptation How the command adapts to the original program, as an imperative. */
export function compatOption(adaptation: string): Option {
  return new Option('--compat <program>', adaptation).env('MOTD_COMPAT').choices(['original']);
}

export function idleTimeoutOption(description: string): Option {
  return new Option('--idle-timeout <seconds>', description)
    .env('MOTD_IDLE_TIMEOUT')
    .argParser(parseCount(0, 1_000_000))
    .default(0)
    .helpGroup(GROUP.limits);
}

/**
 * Makes `--trust-proxy`.
 *
 * @param what The data that is accepted from a trusted proxy.
 * @param defaultText The proxies that are trusted by default.
 */
export function trustProxyOption(what: string, defaultText: string): Option {
  return new Option(
    '--trust-proxy <networks>',
    `accept the ${what} from these proxies, repeatable: ADDRESS, ADDRESS/PREFIX, ` +
      `unix for the peers of a Unix socket, or none ` +
      `(default: ${defaultText})`,
  )
    .env('MOTD_TRUST_PROXY')
    .argParser(parseNetworks)
    .helpGroup(GROUP.proxy);
}

/** @param purpose The purpose of the certificate, as an imperative. */
export function tlsOptions(purpose: string): Option[] {
  return inGroup(GROUP.tls, [
    new Option('--tls-cert <file>', `${purpose}, with this certificate chain (PEM)`).env(
      'MOTD_TLS_CERT',
    ),
    new Option('--tls-key <file>', 'private key of --tls-cert (PEM, unencrypted)').env(
      'MOTD_TLS_KEY',
    ),
  ]);
}

export function clientCaOption(): Option {
  return new Option(
    '--tls-client-ca <file>',
    'require a client certificate signed by a CA in this file (PEM); its Common Name is the user',
  )
    .env('MOTD_TLS_CLIENT_CA')
    .helpGroup(GROUP.tls);
}

export function logOption(): Option {
  return new Option('--log <format>', 'format of the log on standard output')
    .env('MOTD_LOG')
    .choices(LOG_FORMATS)
    .default('console')
    .helpGroup(GROUP.operations);
}
