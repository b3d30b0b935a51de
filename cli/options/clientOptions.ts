// The flags of the commands that talk to a message server.

import { Option } from 'commander';
import type { ServerAddress } from '../../client/connect.ts';
import { DEFAULT_HOST, portOption } from './options.ts';
import { parseLine, parseSeconds, parseServers } from './parsers.ts';

/** What a client makes of `--host` and `--port`. */
export interface ServersOptions {
  /** At least one; the first is preferred. */
  servers: ServerAddress[];
}

export interface TlsClientOptions {
  tls: boolean;
  tlsCa?: string;
}

export interface ConnectOptions {
  maskPassword: boolean;
}

/** Where the message server is, or several that say the same. */
export function serverAddressOptions(): Option[] {
  return [
    new Option(
      '--host <hosts>',
      'address of the message server, or several, the first being preferred: ' +
        'HOST,HOST:PORT,[IPV6]:PORT',
    )
      .env('MOTD_HOST')
      .argParser(parseServers)
      .default([{ host: DEFAULT_HOST }], DEFAULT_HOST),
    portOption('TCP port of those that are given without one'),
  ];
}

/** Whether a client speaks TLS, and whom it believes. */
export function tlsClientOptions(): Option[] {
  return [
    new Option('--tls', 'speak TLS; as a variable, any value says so')
      .env('MOTD_TLS')
      .default(false),
    new Option(
      '--tls-ca <file>',
      'speak TLS, and believe who this certificate vouches for (PEM)',
    ).env('MOTD_TLS_CA'),
  ];
}

/** What is particular to the dialogue. */
export function connectOptions(): Option[] {
  return [
    new Option('--mask-password', 'show a password as bullets; as a variable, any value says so')
      .env('MOTD_MASK_PASSWORD')
      .default(false),
  ];
}

/** @param what What may take so long. */
export function timeoutOption(seconds: number, what = 'an answer'): Option {
  return new Option('--timeout <seconds>', `how long ${what} may take, all servers together`)
    .env('MOTD_TIMEOUT')
    .argParser(parseSeconds)
    .default(seconds);
}

/** What `motd set` says. */
export function setOptions(): Option[] {
  return [
    new Option('-m, --message <text>', 'the message; without it, the line on standard input')
      .env('MOTD_SET_MESSAGE')
      .argParser(parseLine),
    new Option('--store-password <text>', 'what to say where the server asks for a password')
      .env('MOTD_STORE_PASSWORD')
      .argParser(parseLine),
  ];
}
