// The flags of the client commands.

import { Option } from 'commander';
import type { ServerAddress } from '../../client/connect.ts';
import { type CompatOptions, compatOption, DEFAULT_HOST, portOption } from './options.ts';
import { parseLine, parseSeconds, parseServers, parseUrls } from './parsers.ts';

/** The servers of `--host` and `--port`, or of `--url`. */
export interface ServersOptions {
  /** At least one; the first is preferred. */
  servers: ServerAddress[];
  loginFile?: string;
  tls: boolean;
  tlsCa?: string;
}

export interface ConnectOptions extends CompatOptions {
  maskPassword: boolean;
}

export function serversOptions(): Option[] {
  return [
    new Option(
      '--host <hosts>',
      'server, or several that share a store, in order of preference: HOST,HOST:PORT,[IPV6]:PORT',
    )
      .env('MOTD_HOST')
      .argParser((text) => parseServers(text))
      .default([{ host: DEFAULT_HOST }], DEFAULT_HOST),
    portOption('TCP port of each server given without one'),
    new Option(
      '--url <urls>',
      'server behind a bridge, in place of --host: wss://HOST/ws, or several, separated by commas',
    )
      .env('MOTD_URL')
      .argParser(parseUrls),
    new Option(
      '--login-file <file>',
      'file with USER:PASSWORD, if the bridge requires it; or set MOTD_LOGIN to both',
    ).env('MOTD_LOGIN_FILE'),
  ];
}

export function tlsClientOptions(): Option[] {
  return [
    new Option('--tls', 'use TLS; as a variable, any value turns it on')
      .env('MOTD_TLS')
      .default(false),
    new Option('--tls-ca <file>', 'use TLS, and trust certificates signed by this CA (PEM)').env(
      'MOTD_TLS_CA',
    ),
  ];
}

export function connectOptions(): Option[] {
  return [
    new Option(
      '--mask-password',
      'show a password as bullets; as a variable, any value turns it on',
    )
      .env('MOTD_MASK_PASSWORD')
      .default(false),
    compatOption('accept replies without line ends, as the original server sends them'),
  ];
}

/** @param what The operation that is limited. */
export function timeoutOption(seconds: number, what = 'an answer'): Option {
  return new Option('--timeout <seconds>', `time limit for ${what}, all servers together`)
    .env('MOTD_TIMEOUT')
    .argParser(parseSeconds)
    .default(seconds);
}

export function setOptions(): Option[] {
  return [
    new Option('-m, --message <text>', 'message to store; without it, one line from standard input')
      .env('MOTD_SET_MESSAGE')
      .argParser(parseLine),
    new Option('--store-password <text>', 'password, if the server requires one')
      .env('MOTD_STORE_PASSWORD')
      .argParser(parseLine),
  ];
}
