// Builds the bridge from its flags, in this process.

import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import { type Endpoint, formatEndpoint, type ListenAddress } from '../../access/endpoint.ts';
import { addressMatcher, LOOPBACK } from '../../access/source.ts';
import { type BridgeSettings, buildBridge } from '../../bridge/bridge.ts';
import type { BridgeLimits } from '../../bridge/limits.ts';
import { listen, listenOnPath } from '../../bridge/listen.ts';
import type { Target } from '../../bridge/relay/targets.ts';
import { parseUserName } from '../../server/net/userName.ts';
import { listenError, socketFileError, UsageError } from '../cliError.ts';
import { reportToParent } from '../lifecycle.ts';
import { maxOpenFiles } from '../maxOpenFiles.ts';
import type { BridgeRuleOptions, HttpOptions } from '../options/bridgeOptions.ts';
import type { FeedOptions } from '../options/feedOptions.ts';
import type { TlsOptions } from '../options/options.ts';
import type { ProxyKeyOptions } from '../options/proxyKey.ts';
import { type ChosenSocketFile, HTTP_SOCKET, socketFileFrom } from '../options/socketFile.ts';
import type { StartCommandOptions } from '../options/startCommand.ts';
import { jsonLogger, printLine } from '../output.ts';
import { feedRoutes } from './bridgeFeed.ts';
import type { ReportOutcome } from './outages.ts';
import { recordingSettings } from './recordings.ts';

export interface BridgeOptions
  extends HttpOptions,
    TlsOptions,
    BridgeRuleOptions,
    FeedOptions,
    ProxyKeyOptions,
    StartCommandOptions {
  usersFile?: string;
  target?: Target[];
  targetCa?: string;
  targetsFile?: string;
  idleTimeout: number;
  trustProxy?: string[];
  readyUrl?: URL;
}

/** The folder of the built page. */
export const PAGE_DIR = fileURLToPath(new URL('../page', import.meta.url));

export interface StartedBridge {
  app: FastifyInstance;
  address: ListenAddress;
}

/** What a reload replaces while the bridge runs. */
type ReplaceableParts = Pick<BridgeSettings, 'targets' | 'targetCas'>;

export type BridgeParts = ReplaceableParts & Partial<BridgeSettings>;

/** Where the bridge listens, by its flags. */
export function addressFrom(options: BridgeOptions): Endpoint | ChosenSocketFile {
  const { httpHost: host, httpPort: port, httpSocket, httpSocketMode } = options;
  return socketFileFrom(httpSocket, httpSocketMode, HTTP_SOCKET) ?? { host, port };
}

/**
 * Builds a bridge and makes it listen.
 *
 * @param address A socket file; or, in a worker, its path, which the primary prepares
 *   (workerPool.ts).
 * @param parts Settings that do not come directly from a flag.
 * @param report Called with the outcomes of what may have an outage.
 * @throws CliError if it cannot listen.
 */
export async function startBridgeApp(
  options: BridgeOptions,
  address: ListenAddress | ChosenSocketFile,
  parts: BridgeParts,
  report: ReportOutcome,
): Promise<StartedBridge> {
  const isOnUnixSocket = 'path' in address;
  const settings = { ...settingsFrom(options, report), isOnUnixSocket, ...parts };
  const addRoutes = feedRoutes(options, parts, report);
  const app = await buildBridge({ ...settings, addRoutes });
  return { app, address: await listenAt(app, address) };
}

async function listenAt(
  app: FastifyInstance,
  address: ListenAddress | ChosenSocketFile,
): Promise<ListenAddress> {
  try {
    if (!('path' in address)) return await listen(app, address.host, address.port);
    return await listenOnPath(app, address);
  } catch (error) {
    throw 'path' in address
      ? socketFileError(error, address.path, HTTP_SOCKET.path)
      : listenError(error, address, '--http-port');
  }
}

/**
 * Reports that the bridge listens: to the console, and to the parent process or service manager.
 */
export function announceBridge(
  { log, basePath, tlsCert }: BridgeOptions,
  address: ListenAddress,
): void {
  const scheme = tlsCert === undefined ? 'http' : 'https';
  const where = formatEndpoint(address);
  if (log === 'console')
    printLine(
      `Bridge is listening on ${'path' in address ? where : `${scheme}://${where}${basePath}`}`,
    );
  reportToParent({ ready: address });
}

export function limitsFrom(options: BridgeOptions): BridgeLimits {
  return {
    maxSessions: options.maxSessions,
    maxSessionsPerSource: options.maxSessionsPerSource,
    maxMessageBytes: options.maxMessageBytes,
  };
}

function settingsFrom(
  options: BridgeOptions,
  report: ReportOutcome,
): Omit<BridgeSettings, keyof ReplaceableParts> {
  return {
    pageDir: PAGE_DIR,
    basePath: options.basePath,
    publicOrigins: options.publicOrigin ?? [],
    frameOrigins: options.frameFrom ?? [],
    isTrustedProxy: addressMatcher(options.trustProxy ?? []),
    authHeader: authHeaderFrom(options),
    parseUserName,
    mayReadMetrics: addressMatcher(options.metricsFrom ?? LOOPBACK),
    limits: limitsFrom(options),
    rules: {
      pingIntervalMs: options.pingInterval * 1000,
      idleTimeoutMs: options.idleTimeout * 1000,
      maxLifetimeMs: options.maxLifetime * 1000,
      maxMessagesPerSecond: options.maxMessageRate,
    },
    connectTimeoutMs: options.connectTimeout * 1000,
    readyUrl: options.readyUrl,
    maxDescriptors: maxOpenFiles(),
    onTargetOutcome: (target, failure) => report({ kind: 'target', target }, failure),
    record: recordingSettings(options, (failure) => report({ kind: 'recording' }, failure)),
    logger: jsonLogger(options.log),
  };
}

/** @throws UsageError if no proxy is trusted to send the header. */
function authHeaderFrom({ authHeader, trustProxy = [] }: BridgeOptions): string | undefined {
  if (authHeader === undefined || trustProxy.length > 0) return authHeader;
  throw new UsageError(
    'missing-flag',
    '--auth-header needs --trust-proxy: only a proxy may name the user',
  );
}
