// The flags that more than one command takes, each with its environment twin.

import { Option } from 'commander';
import type { Target } from '../bridge/targets.ts';
import type { Server } from '../client/connect.ts';
import { type EtcdOptions, etcdOptions } from './etcdOptions.ts';
import {
  parseBasePath,
  parseCount,
  parseHost,
  parseLine,
  parseNetworks,
  parseOrigins,
  parsePort,
  parseReadyUrl,
  parseSeconds,
  parseServers,
  parseTargets,
  parseWorkers,
} from './parsers.ts';

export const DEFAULT_HOST = '127.0.0.1';
export const DEFAULT_PORT = 26310;
export const DEFAULT_MESSAGE = 'An apple a day keeps the doctor away.';
export const DEFAULT_PASSWORD = '123!abc';
export const DEFAULT_STORE = 'lmdb:./motd-data';
/** All of it is in memory. */
export const MAX_HISTORY = 100_000;
export const DEFAULT_TARGET: Target = {
  name: 'motd',
  at: { host: DEFAULT_HOST, port: DEFAULT_PORT },
  expectsProxyLine: true,
};

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

/** What a client makes of `--host` and `--port`. */
export interface ServersOptions {
  /** At least one; the first is preferred. */
  servers: Server[];
}

export interface ServeOptions extends AddressOptions, LogOptions, EtcdOptions {
  store: string;
  history: number;
  message: string;
  password: string;
  passwordFile?: string;
  storePasswordFile?: string;
  maxConnections: number;
  maxConnectionsPerSource: number;
  /** In seconds; 0 for ever. */
  idleTimeout: number;
  trustProxy?: string[];
}

export interface HealthOptions {
  healthHost: string;
  healthPort?: number;
  /** In seconds. */
  drain: number;
}

export interface TlsClientOptions {
  tls: boolean;
  tlsCa?: string;
}

export interface ConnectOptions {
  maskPassword: boolean;
}

export interface TlsOptions {
  tlsCert?: string;
  tlsKey?: string;
}

export interface HttpOptions extends LogOptions {
  httpHost: string;
  httpPort: number;
}

/**
 * Who may use the bridge, and how much of it.
 * Times are in seconds; 0 is for ever, or for any number.
 */
export interface BridgeRuleOptions {
  basePath: string;
  publicOrigin?: string[];
  metricsFrom?: string[];
  maxSessions: number;
  maxSessionsPerSource: number;
  maxMessageBytes: number;
  maxMessageRate: number;
  maxLifetime: number;
  connectTimeout: number;
  pingInterval: number;
  workers: number;
}

/** The headings of `--help`; what has none is last, under Commander's own. */
const GROUP = {
  reach: 'What it reaches:',
  listen: 'Where it listens:',
  store: 'The store:',
  passwords: 'Passwords:',
  limits: 'Limits:',
  proxy: 'Behind a proxy:',
  tls: 'TLS:',
  operator: 'For the operator:',
} as const;

function inGroup(heading: (typeof GROUP)[keyof typeof GROUP], options: Option[]): Option[] {
  return options.map((option) => option.helpGroup(heading));
}

/** Where the message server is to listen. */
export function listenAddressOptions(): Option[] {
  return inGroup(GROUP.listen, [
    new Option('--host <host>', 'address to listen on')
      .env('MOTD_HOST')
      .argParser(parseHost)
      .default(DEFAULT_HOST),
    portOption('TCP port to listen on; 0 picks a free one'),
  ]);
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

function portOption(description: string): Option {
  return new Option('--port <port>', description)
    .env('MOTD_PORT')
    .argParser(parsePort)
    .default(DEFAULT_PORT);
}

/** What the message server is to be. */
export function serverOptions(): Option[] {
  return [...storeOptions(), ...passwordOptions(), ...connectionOptions()];
}

function storeOptions(): Option[] {
  return inGroup(GROUP.store, [
    new Option(
      '--store <url>',
      'where the message is kept: lmdb:DIR, memory:, or etcd://HOST:PORT,HOST:PORT/PREFIX (etcds:// speaks TLS)',
    )
      .env('MOTD_STORE')
      .default(DEFAULT_STORE),
    ...etcdOptions(),
    new Option('--history <count>', 'how many messages MSGHIST tells')
      .env('MOTD_HISTORY')
      .argParser(parseCount(1, MAX_HISTORY))
      .default(1000),
    new Option('--message <text>', 'the message where the store holds none')
      .env('MOTD_MESSAGE')
      .argParser(parseLine)
      .default(DEFAULT_MESSAGE),
  ]);
}

function passwordOptions(): Option[] {
  return inGroup(GROUP.passwords, [
    new Option('--password <text>', 'the password SHUTDOWN asks for')
      .env('MOTD_PASSWORD')
      .argParser(parseLine)
      .default(DEFAULT_PASSWORD),
    new Option('--password-file <file>', 'the same, as what hash-password wrote')
      .env('MOTD_PASSWORD_FILE')
      .conflicts('password'),
    new Option(
      '--store-password-file <file>',
      'a password MSGSTORE asks for, as what hash-password wrote; without it, anybody may store',
    ).env('MOTD_STORE_PASSWORD_FILE'),
  ]);
}

function connectionOptions(): Option[] {
  return inGroup(GROUP.limits, [
    new Option('--max-connections <count>', 'how many there may be; further ones are told 421')
      .env('MOTD_MAX_CONNECTIONS')
      .argParser(parseCount(1, 1_000_000))
      .default(10_000),
    new Option('--max-connections-per-source <count>', 'how many from one IPv4 address or IPv6 /64')
      .env('MOTD_MAX_CONNECTIONS_PER_SOURCE')
      .argParser(parseCount(1, 1_000_000))
      .default(1000),
    idleTimeoutOption('how long a peer may be silent; 0 is for ever'),
  ]);
}

/** Where the operator asks how the server is. */
export function healthOptions(): Option[] {
  return inGroup(GROUP.operator, [
    new Option(
      '--health-port <port>',
      'an HTTP port for /healthz, /readyz and /metrics; 0 picks a free one (default: none)',
    )
      .env('MOTD_HEALTH_PORT')
      .argParser(parsePort),
    new Option('--health-host <host>', 'address of that port')
      .env('MOTD_HEALTH_HOST')
      .argParser(parseHost)
      .default(DEFAULT_HOST),
    new Option(
      '--drain <seconds>',
      'how long to go on when told to stop, while /readyz says so and load balancers look elsewhere',
    )
      .env('MOTD_DRAIN')
      .argParser(parseCount(0, 600))
      .default(0),
  ]);
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

/** Where the bridge and its page listen. */
export function httpOptions(): Option[] {
  return inGroup(GROUP.listen, [
    new Option('--http-host <host>', 'address the page is to have')
      .env('MOTD_HTTP_HOST')
      .argParser(parseHost)
      .default(DEFAULT_HOST),
    new Option('--http-port <port>', 'its port; 0 picks a free one')
      .env('MOTD_HTTP_PORT')
      .argParser(parsePort)
      .default(8080),
  ]);
}

/** Who may use the bridge, and how much of it. */
export function bridgeRuleOptions(): Option[] {
  return [...placeOptions(), ...bridgeOperatorOptions(), ...sessionOptions()];
}

/** Where a reverse proxy has put the page. */
function placeOptions(): Option[] {
  return inGroup(GROUP.proxy, [
    new Option('--base-path <path>', 'the path a reverse proxy has put everything under: /PATH')
      .env('MOTD_BASE_PATH')
      .argParser(parseBasePath)
      .default('', 'none'),
    new Option(
      '--public-origin <url>',
      'where else the page is served, repeatable: https://HOST or https://HOST:PORT',
    )
      .env('MOTD_PUBLIC_ORIGIN')
      .argParser(parseOrigins),
  ]);
}

function bridgeOperatorOptions(): Option[] {
  return inGroup(GROUP.operator, [
    new Option(
      '--metrics-from <networks>',
      'who may read /metrics, repeatable: ADDRESS or ADDRESS/PREFIX, or none ' +
        `(default: ${LOOPBACK.join(' ')})`,
    )
      .env('MOTD_METRICS_FROM')
      .argParser(parseNetworks),
    new Option(
      '--workers <count>',
      'how many processes relay, on one port, or auto: one for each processor; each takes 80 MB of ' +
        'memory and more; all limits are for all of them together',
    )
      .env('MOTD_WORKERS')
      .argParser(parseWorkers)
      .default(1),
  ]);
}

function sessionOptions(): Option[] {
  return inGroup(GROUP.limits, [
    new Option(
      '--max-sessions <count>',
      'how many sessions there may be; further ones get 503 or 1013',
    )
      .env('MOTD_MAX_SESSIONS')
      .argParser(parseCount(1, 1_000_000))
      .default(5000),
    new Option('--max-sessions-per-source <count>', 'how many from one IPv4 address or IPv6 /64')
      .env('MOTD_MAX_SESSIONS_PER_SOURCE')
      .argParser(parseCount(1, 1_000_000))
      .default(500),
    new Option(
      '--max-message-bytes <count>',
      'the largest WebSocket message; a larger one gets 1009',
    )
      .env('MOTD_MAX_MESSAGE_BYTES')
      .argParser(parseCount(1, 100_000_000))
      .default(262_144),
    new Option(
      '--max-message-rate <count>',
      'how many a browser may send each second, over ten seconds; more get 1008; 0 is any number',
    )
      .env('MOTD_MAX_MESSAGE_RATE')
      .argParser(parseCount(0, 10_000_000))
      .default(20_000),
    new Option('--max-lifetime <seconds>', 'how long a session may last; then 1008; 0 is for ever')
      .env('MOTD_MAX_LIFETIME')
      .argParser(parseCount(0, 100_000_000))
      .default(0),
    new Option('--connect-timeout <seconds>', 'how long a target may take to accept; then 1014')
      .env('MOTD_CONNECT_TIMEOUT')
      .argParser(parseCount(1, 600))
      .default(10),
    new Option(
      '--ping-interval <seconds>',
      'how often a browser is asked whether it is still there',
    )
      .env('MOTD_PING_INTERVAL')
      .argParser(parseCount(1, 3600))
      .default(30),
  ]);
}

/** Who may use the page. */
export function usersOption(): Option {
  return new Option(
    '--users-file <file>',
    'who may use the page: lines NAME:HASH, as what hash-password wrote; without it, everybody',
  )
    .env('MOTD_USERS_FILE')
    .helpGroup(GROUP.passwords);
}

/** What the bridge may reach. */
export function targetOption(): Option {
  return new Option(
    '--target <name=host:port>',
    'a TCP service the page may reach, or NAME=unix:/PATH, repeatable; the first is the default; ' +
      '+proxy behind it tells it who is asking (PROXY protocol v1) ' +
      `(default: ${DEFAULT_TARGET.name}=${DEFAULT_HOST}:${DEFAULT_PORT}+proxy)`,
  )
    .env('MOTD_TARGET')
    .argParser(parseTargets)
    .helpGroup(GROUP.reach);
}

/** Who else says whether the bridge is ready. */
export function readyUrlOption(): Option {
  return new Option(
    '--ready-url <url>',
    'an http:// address that /readyz asks, too: it is not ready where that does not answer 200',
  )
    .env('MOTD_READY_URL')
    .argParser(parseReadyUrl)
    .helpGroup(GROUP.operator);
}

export function logOption(): Option {
  return new Option('--log <format>', 'what happens, on standard output')
    .env('MOTD_LOG')
    .choices(LOG_FORMATS)
    .default('console');
}
