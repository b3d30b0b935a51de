// The flags of the message server.

import { Option } from 'commander';
import { defaultStore } from './dataFolder.ts';
import { type EtcdOptions, etcdOptions } from './etcdOptions.ts';
import {
  type AddressOptions,
  type CompatOptions,
  compatOption,
  DEFAULT_HOST,
  GROUP,
  idleTimeoutOption,
  inGroup,
  type LogOptions,
  portOption,
} from './options.ts';
import { parseCount, parseHost, parseLine, parsePort, parseWorkers } from './parsers.ts';
import { SERVER_SOCKET, socketOptions } from './socketFile.ts';

export const DEFAULT_MESSAGE = 'An apple a day keeps the doctor away.';
export const DEFAULT_PASSWORD = '123!abc';
/** A store keeps its whole history in memory. */
export const MAX_HISTORY = 100_000;

export interface ServeOptions extends AddressOptions, LogOptions, EtcdOptions, CompatOptions {
  store: string;
  history: number;
  message: string;
  password: string;
  passwordFile?: string;
  storePasswordFile?: string;
  maxConnections: number;
  maxConnectionsPerSource: number;
  /** In seconds; 0 is unlimited. */
  idleTimeout: number;
  trustProxy?: string[];
  proxyKey?: string;
  socket?: string;
  socketMode?: string;
}

export interface WorkersOptions {
  workers: number;
}

export interface HealthOptions {
  healthHost: string;
  healthPort?: number;
  /** In seconds. */
  drain: number;
}

export function listenAddressOptions(): Option[] {
  return inGroup(GROUP.listen, [
    new Option('--host <host>', 'address to listen on; localhost is 127.0.0.1 and ::1')
      .env('MOTD_HOST')
      .argParser(parseHost)
      .default(DEFAULT_HOST),
    portOption('TCP port to listen on; 0 picks a free one'),
    ...socketOptions(SERVER_SOCKET, {
      description: 'Unix socket to listen on',
      conflicts: ['host', 'port'],
    }),
    compatOption(
      'serve the original client: take what one read returns as a line, and send a status and ' +
        'the message apart',
    ),
  ]);
}

export function serverOptions(): Option[] {
  return [...storeOptions(), ...passwordOptions(), ...connectionOptions()];
}

function storeOptions(): Option[] {
  return inGroup(GROUP.store, [
    new Option(
      '--store <url>',
      'where to store the messages: file:DIR, memory:, or etcd://HOST:PORT,HOST:PORT/PREFIX (etcds:// for TLS)',
    )
      .env('MOTD_STORE')
      .default(defaultStore(), "file:$HOME/.local/share/motd, or the system's own place for data"),
    ...etcdOptions(),
    new Option('--history <count>', 'number of messages that the store keeps, for MSGHIST')
      .env('MOTD_HISTORY')
      .argParser(parseCount(1, MAX_HISTORY))
      .default(1000),
    new Option('--message <text>', 'message of the day while the store is empty')
      .env('MOTD_MESSAGE')
      .argParser(parseLine)
      .default(DEFAULT_MESSAGE),
  ]);
}

function passwordOptions(): Option[] {
  return inGroup(GROUP.passwords, [
    new Option('--password <text>', 'password for SHUTDOWN')
      .env('MOTD_PASSWORD')
      .argParser(parseLine)
      .default(DEFAULT_PASSWORD),
    new Option(
      '--password-file <file>',
      'file with the hash of the password for SHUTDOWN, written by motd hash-password',
    )
      .env('MOTD_PASSWORD_FILE')
      .conflicts('password'),
    new Option(
      '--store-password-file <file>',
      'file with the hash of the password for MSGSTORE, written by motd hash-password; ' +
        'without it, every client may store',
    ).env('MOTD_STORE_PASSWORD_FILE'),
  ]);
}

function connectionOptions(): Option[] {
  return inGroup(GROUP.limits, [
    new Option(
      '--max-connections <count>',
      'maximum number of connections; further ones get reply 421',
    )
      .env('MOTD_MAX_CONNECTIONS')
      .argParser(parseCount(1, 1_000_000))
      .default(10_000),
    new Option(
      '--max-connections-per-source <count>',
      'maximum number of connections from one IPv4 address or IPv6 /64; further ones get reply 421',
    )
      .env('MOTD_MAX_CONNECTIONS_PER_SOURCE')
      .argParser(parseCount(1, 1_000_000))
      .default(1000),
    idleTimeoutOption(
      'close a connection with 421 if its peer neither sends nor reads for this long; 0 is never',
    ),
  ]);
}

/** @param flag `--workers`, unless the command also runs a bridge. */
export function serverWorkersOption(flag = '--workers'): Option {
  return new Option(
    `${flag} <count>`,
    'number of processes that accept TCP connections, on one port; auto is one per processor; ' +
      'limits apply to all of them together; more than one need another process, which stores ' +
      'and counts for them; each process takes about 15 MB of memory',
  )
    .env('MOTD_SERVER_WORKERS')
    .argParser(parseWorkers)
    .default(1)
    .helpGroup(GROUP.operations);
}

export function healthOptions(): Option[] {
  return inGroup(GROUP.operations, [
    new Option(
      '--health-port <port>',
      'HTTP port for /healthz, /readyz and /metrics; 0 picks a free one (default: none)',
    )
      .env('MOTD_HEALTH_PORT')
      .argParser(parsePort),
    new Option('--health-host <host>', 'address to listen on for --health-port')
      .env('MOTD_HEALTH_HOST')
      .argParser(parseHost)
      .default(DEFAULT_HOST),
    new Option(
      '--drain <seconds>',
      'continue to serve this long after SIGTERM or SIGINT, with /readyz at 503, so that load balancers use another server',
    )
      .env('MOTD_DRAIN')
      .argParser(parseCount(0, 600))
      .default(0),
  ]);
}
