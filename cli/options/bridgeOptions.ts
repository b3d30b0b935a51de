// The flags of the bridge and its page.

import { Option } from 'commander';
import { LOOPBACK } from '../../access/source.ts';
import type { Target } from '../../bridge/relay/targets.ts';
import { DEFAULT_HOST, DEFAULT_PORT, GROUP, inGroup, type LogOptions } from './options.ts';
import {
  parseBasePath,
  parseCount,
  parseHeaderName,
  parseHost,
  parseNetworks,
  parseOrigins,
  parsePort,
  parseReadyUrl,
  parseTargets,
  parseWorkers,
} from './parsers.ts';
import { type RecordOptions, recordOptions } from './recordOptions.ts';
import { HTTP_SOCKET, socketOptions } from './socketFile.ts';

export const DEFAULT_TARGET: Target = {
  name: 'motd',
  address: { host: DEFAULT_HOST, port: DEFAULT_PORT },
  // No PROXY header: the server accepts one only if its --trust-proxy names the bridge.
};

export interface HttpOptions extends LogOptions {
  httpHost: string;
  httpPort: number;
  httpSocket?: string;
  httpSocketMode?: string;
}

/** Times are in seconds. For times and rates, 0 is unlimited. */
export interface BridgeRuleOptions extends RecordOptions {
  basePath: string;
  publicOrigin?: string[];
  frameFrom?: string[];
  authHeader?: string;
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

export function targetOption(): Option {
  return new Option(
    '--target <name=host:port>',
    'TCP service that the page may connect to, repeatable: NAME=HOST:PORT or NAME=unix:/PATH; ' +
      'the first is the default; append +tls to use TLS and verify HOST, +tls=NAME to verify NAME, ' +
      '+proxy to send it the client address in a PROXY v1 header, ' +
      '+proxy-v2 to send it the client address and the user in a PROXY v2 header, ' +
      '+original if it is the original server, whose replies have no line ends, ' +
      '+subprotocol=NAME to accept a WebSocket subprotocol, repeatable, preferred one first, ' +
      '+telnet if it speaks Telnet, +color to show its colors, +readonly to send it nothing, ' +
      '+profile=FILE to describe it to the page ' +
      `(default: ${DEFAULT_TARGET.name}=${DEFAULT_HOST}:${DEFAULT_PORT})`,
  )
    .env('MOTD_TARGET')
    .argParser(parseTargets)
    .helpGroup(GROUP.targets);
}

export function targetCaOption(): Option {
  return new Option(
    '--target-ca <file>',
    'CAs (PEM) that may sign the certificates of targets marked +tls; without it, the well-known ones',
  )
    .env('MOTD_TARGET_CA')
    .helpGroup(GROUP.targets);
}

export function targetsFileOption(): Option {
  return new Option(
    '--targets-file <file>',
    'file with further targets, one per line, in the form of --target; SIGHUP reads it again',
  )
    .env('MOTD_TARGETS_FILE')
    .helpGroup(GROUP.targets);
}

export function httpOptions(): Option[] {
  return inGroup(GROUP.listen, [
    new Option(
      '--http-host <host>',
      'address to listen on for the page; localhost is 127.0.0.1 and ::1',
    )
      .env('MOTD_HTTP_HOST')
      .argParser(parseHost)
      .default(DEFAULT_HOST),
    new Option('--http-port <port>', 'HTTP port of the page; 0 picks a free one')
      .env('MOTD_HTTP_PORT')
      .argParser(parsePort)
      .default(8080),
    ...socketOptions(HTTP_SOCKET, {
      description: 'Unix socket to listen on for the page, such as that of a reverse proxy',
      conflicts: ['httpHost', 'httpPort', 'open'],
    }),
  ]);
}

export function bridgeRuleOptions(): Option[] {
  return [
    ...reverseProxyOptions(),
    ...operationsOptions(),
    ...recordOptions(),
    ...sessionOptions(),
  ];
}

function reverseProxyOptions(): Option[] {
  return inGroup(GROUP.proxy, [
    new Option(
      '--base-path <prefix>',
      'path under which a reverse proxy serves the page, if it passes the path on: /PATH',
    )
      .env('MOTD_BASE_PATH')
      .argParser(parseBasePath)
      .default('', 'none'),
    new Option(
      '--public-origin <url>',
      'further origin under which browsers open the page, repeatable: https://HOST or https://HOST:PORT',
    )
      .env('MOTD_PUBLIC_ORIGIN')
      .argParser(parseOrigins),
    new Option(
      '--auth-header <name>',
      'header in which a proxy in --trust-proxy names the user, such as X-Remote-User; requests without it are rejected',
    )
      .env('MOTD_AUTH_HEADER')
      .argParser(parseHeaderName)
      .conflicts('usersFile'),
    new Option(
      '--frame-from <url>',
      'origin whose pages may show the page and /board in a frame, repeatable: https://HOST or https://HOST:PORT',
    )
      .env('MOTD_FRAME_FROM')
      .argParser(parseOrigins),
  ]);
}

function operationsOptions(): Option[] {
  return inGroup(GROUP.operations, [
    new Option(
      '--metrics-from <networks>',
      'clients that may read /metrics, repeatable: ADDRESS, ADDRESS/PREFIX, unix, or none ' +
        `(default: ${LOOPBACK.join(' ')})`,
    )
      .env('MOTD_METRICS_FROM')
      .argParser(parseNetworks),
    new Option(
      '--workers <count>',
      'number of processes that relay, on one port; auto is one per processor; limits apply to ' +
        'all of them together; more than one need another process, which counts for them; each ' +
        'process takes about 40 MB of memory',
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
      'maximum number of sessions, each one WebSocket or one reader of /message/events; further ones get status 503 or close code 1013',
    )
      .env('MOTD_MAX_SESSIONS')
      .argParser(parseCount(1, 1_000_000))
      .default(5000),
    new Option(
      '--max-sessions-per-source <count>',
      'maximum number of sessions from one IPv4 address or IPv6 /64; further ones get status 503 or close code 1013',
    )
      .env('MOTD_MAX_SESSIONS_PER_SOURCE')
      .argParser(parseCount(1, 1_000_000))
      .default(500),
    new Option(
      '--max-message-bytes <count>',
      'maximum size of a WebSocket message; a larger one gets close code 1009',
    )
      .env('MOTD_MAX_MESSAGE_BYTES')
      .argParser(parseCount(1, 100_000_000))
      .default(262_144),
    new Option(
      '--max-message-rate <count>',
      'maximum number of messages per second in a session, averaged over ten seconds; ' +
        'beyond it, close with 1008; 0 is unlimited',
    )
      .env('MOTD_MAX_MESSAGE_RATE')
      .argParser(parseCount(0, 10_000_000))
      .default(20_000),
    new Option('--max-lifetime <seconds>', 'close a session with 1008 after this long; 0 is never')
      .env('MOTD_MAX_LIFETIME')
      .argParser(parseCount(0, 100_000_000))
      .default(0),
    new Option(
      '--connect-timeout <seconds>',
      'close a session with 1014 if its target does not accept the connection within this time',
    )
      .env('MOTD_CONNECT_TIMEOUT')
      .argParser(parseCount(1, 600))
      .default(10),
    new Option(
      '--ping-interval <seconds>',
      'time between two pings of a browser, which detect a lost connection',
    )
      .env('MOTD_PING_INTERVAL')
      .argParser(parseCount(1, 3600))
      .default(30),
  ]);
}

export function usersOption(): Option {
  return new Option(
    '--users-file <file>',
    'file with the users of the page, one NAME:HASH per line, with hashes by ' +
      'motd hash-password; without it, no login is required',
  )
    .env('MOTD_USERS_FILE')
    .helpGroup(GROUP.passwords);
}

export function readyUrlOption(): Option {
  return new Option(
    '--ready-url <url>',
    'URL, with http://, that must answer 200, too, for /readyz to be 200',
  )
    .env('MOTD_READY_URL')
    .argParser(parseReadyUrl)
    .helpGroup(GROUP.operations);
}
