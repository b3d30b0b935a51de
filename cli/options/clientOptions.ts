// The flags of the client commands.

import { Option } from 'commander';
import type { ServerAddress } from '../../client/connect.ts';
import {
  type CompatOptions,
  compatOption,
  DEFAULT_HOST,
  GROUP,
  inGroup,
  portOption,
} from './options.ts';
import { parseLine, parseNumber, parseSeconds, parseServers, parseUrls } from './parsers.ts';

/** The servers of `--host` and `--port`, or of `--url`. */
export interface ServersOptions {
  /** At least one; the first is preferred. */
  servers: ServerAddress[];
  loginFile?: string;
  /** The flag or variable that turns on TLS for hosts; `undefined` if none does. */
  tlsSwitch: string | undefined;
  tlsCa?: string;
  tlsCert?: string;
  tlsKey?: string;
}

export interface ConnectOptions extends CompatOptions {
  maskPassword: boolean;
}

export function serversOptions(): Option[] {
  return inGroup(GROUP.server, [
    new Option(
      '--host <hosts>',
      'server, or several that share a store, in order of preference: ' +
        'HOST,HOST:PORT,[IPV6]:PORT, or the /PATH of a Unix socket',
    )
      .env('MOTD_HOST')
      .argParser(parseServers)
      .default([{ host: DEFAULT_HOST }], DEFAULT_HOST),
    portOption('TCP port of each server given without one'),
    new Option(
      '--url <urls>',
      'server behind a bridge, in place of --host: wss://HOST/ws, ws+unix:/PATH:/ws for a Unix ' +
        'socket, or several, separated by commas',
    )
      .env('MOTD_URL')
      .argParser(parseUrls),
    new Option(
      '--login-file <file>',
      'file with USER:PASSWORD, if the bridge requires it; or set MOTD_LOGIN to both',
    ).env('MOTD_LOGIN_FILE'),
  ]);
}

export function tlsClientOptions(): Option[] {
  return inGroup(GROUP.tls, [
    new Option('--tls', 'use TLS; as a variable, any value turns it on')
      .env('MOTD_TLS')
      .default(false),
    new Option('--tls-ca <file>', 'use TLS, and trust certificates signed by this CA (PEM)').env(
      'MOTD_TLS_CA',
    ),
    // A shell may hold MOTD_TLS_CERT for a server.
    new Option(
      '--tls-cert <file>',
      'use TLS, and present this certificate chain (PEM); as a variable, only if TLS is used',
    ).env('MOTD_TLS_CLIENT_CERT'),
    new Option('--tls-key <file>', 'private key of --tls-cert (PEM, unencrypted)').env(
      'MOTD_TLS_CLIENT_KEY',
    ),
  ]);
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

/** @param purpose What becomes of the message, as a verb. */
export function messageOption(purpose: string): Option {
  return new Option(
    '-m, --message <text>',
    `message to ${purpose}; without it, one line from standard input`,
  )
    .env('MOTD_SET_MESSAGE')
    .argParser(parseLine);
}

export function storePasswordOption(): Option {
  return new Option('--store-password <text>', 'password, if the server requires one')
    .env('MOTD_STORE_PASSWORD')
    .argParser(parseLine);
}

export function ifNumberOption(): Option {
  return new Option(
    '--if-number <number>',
    'change it only if the message with this number is in force (motd get --json prints it)',
  )
    .env('MOTD_IF_NUMBER')
    .argParser(parseNumber);
}

export function windowOptions(): Option[] {
  return [
    new Option(
      '--from <time>',
      "start, in the local time zone: 'fri 18:00', '27 Nov 2026 18:00'; without it, now",
    ).env('MOTD_PLAN_FROM'),
    new Option(
      '--until <time>',
      'end; a time of day is the first one after --from; without it, it has no end',
    ).env('MOTD_PLAN_UNTIL'),
  ];
}

export function jsonOption(): Option {
  return new Option(
    '--json',
    'print JSON, an object on each line; as a variable, any value turns it on',
  )
    .env('MOTD_JSON')
    .default(false);
}

export function noDefaultOption(): Option {
  return new Option(
    '--no-default',
    'print nothing while the initial message is in force; as a variable, any value turns it on',
  ).env('MOTD_NO_DEFAULT');
}
