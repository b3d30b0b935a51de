// Builds the bridge from its flags, in this process.

import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import { type Endpoint, formatEndpoint } from '../../access/endpoint.ts';
import { addressMatcher } from '../../access/source.ts';
import { type BridgeLimits, type BridgeSettings, buildBridge } from '../../bridge/bridge.ts';
import { listen } from '../../bridge/listen.ts';
import { TargetList } from '../../bridge/relay/targetList.ts';
import type { Target } from '../../bridge/relay/targets.ts';
import { listenError } from '../cliError.ts';
import { reportToParent } from '../lifecycle.ts';
import { maxOpenFiles } from '../maxOpenFiles.ts';
import {
  type BridgeRuleOptions,
  DEFAULT_TARGET,
  type HttpOptions,
} from '../options/bridgeOptions.ts';
import type { FeedOptions } from '../options/feedOptions.ts';
import { LOOPBACK, type TlsOptions } from '../options/options.ts';
import type { ProxyKeyOptions } from '../options/proxyKey.ts';
import { jsonLogger, printLine } from '../output.ts';
import { feedRoutes } from './bridgeFeed.ts';
import { OutageReports, recordingSettings } from './recordings.ts';

export interface BridgeOptions
  extends HttpOptions,
    TlsOptions,
    BridgeRuleOptions,
    FeedOptions,
    ProxyKeyOptions {
  usersFile?: string;
  target?: Target[];
  idleTimeout: number;
  trustProxy?: string[];
  readyUrl?: URL;
}

/** The folder of the built page. */
export const PAGE_DIR = fileURLToPath(new URL('../page', import.meta.url));

/**
 * Builds a bridge and makes it listen.
 *
 * @param overrides Settings that do not come directly from a flag.
 * @throws CliError if it cannot listen.
 */
export async function startBridgeApp(
  options: BridgeOptions,
  overrides: Partial<BridgeSettings>,
): Promise<{ app: FastifyInstance; endpoint: Endpoint }> {
  const { httpHost, httpPort } = options;
  const settings = { ...settingsFrom(options), ...overrides };
  const addRoutes = feedRoutes(options, settings.targets.all, settings.logger);
  const app = await buildBridge({ ...settings, addRoutes });
  const endpoint = await listen(app, httpHost, httpPort).catch((error: unknown) => {
    throw listenError(error, { host: httpHost, port: httpPort }, '--http-port');
  });
  return { app, endpoint };
}

/**
 * Reports that the bridge listens: to the console, and to the parent process or service manager.
 */
export function announceBridge(
  { log, basePath, tlsCert }: BridgeOptions,
  endpoint: Endpoint,
): void {
  const scheme = tlsCert === undefined ? 'http' : 'https';
  if (log === 'console')
    printLine(`Bridge is listening on ${scheme}://${formatEndpoint(endpoint)}${basePath}`);
  reportToParent({ ready: endpoint });
}

export function limitsFrom(options: BridgeOptions): BridgeLimits {
  return {
    maxSessions: options.maxSessions,
    maxSessionsPerSource: options.maxSessionsPerSource,
    maxMessageBytes: options.maxMessageBytes,
  };
}

function settingsFrom(options: BridgeOptions): BridgeSettings {
  const outages = new OutageReports(options.log);
  const [first = DEFAULT_TARGET, ...others] = options.target ?? [];
  return {
    // Only `motd up` passes a key, and it passes one target.
    targets: new TargetList([{ ...first, proxyKey: options.proxyKey }, ...others]),
    pageDir: PAGE_DIR,
    basePath: options.basePath,
    publicOrigins: options.publicOrigin ?? [],
    isTrustedProxy: addressMatcher(options.trustProxy ?? []),
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
    record: recordingSettings(options, (reason) => outages.report(options, reason)),
    logger: jsonLogger(options.log),
  };
}
