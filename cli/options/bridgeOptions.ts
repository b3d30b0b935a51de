// The flags of the bridge and its page.

import { Option } from 'commander';
import type { Target } from '../../bridge/relay/targets.ts';
import {
  DEFAULT_HOST,
  DEFAULT_PORT,
  GROUP,
  inGroup,
  LOOPBACK,
  type LogOptions,
} from './options.ts';
import {
  parseBasePath,
  parseCount,
  parseHost,
  parseNetworks,
  parseOrigins,
  parsePort,
  parseReadyUrl,
  parseTargets,
  parseWorkers,
} from './parsers.ts';

export const DEFAULT_TARGET: Target = {
  name: 'motd',
  at: { host: DEFAULT_HOST, port: DEFAULT_PORT },
  // A server believes a PROXY line only if --trust-proxy names the bridge.
  expectsProxyHeader: false,
};

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

/** What the bridge may reach. */
export function targetOption(): Option {
  return new Option(
    '--target <name=host:port>',
    'a TCP service the page may reach, or NAME=unix:/PATH, repeatable; the first is the default; ' +
      '+proxy behind it tells it who is asking (PROXY protocol v1) ' +
      `(default: ${DEFAULT_TARGET.name}=${DEFAULT_HOST}:${DEFAULT_PORT})`,
  )
    .env('MOTD_TARGET')
    .argParser(parseTargets)
    .helpGroup(GROUP.reach);
}

/** Where the bridge and its page listen. */
export function httpOptions(): Option[] {
  return inGroup(GROUP.listen, [
    new Option('--http-host <host>', 'address the page is to have; localhost is 127.0.0.1 and ::1')
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
