// The bridge as the flags describe it, in this process.

import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import { type Endpoint, formatEndpoint } from '../../access/endpoint.ts';
import { addressMatcher } from '../../access/source.ts';
import { type BridgeLimits, type BridgeSettings, buildBridge } from '../../bridge/bridge.ts';
import { listen } from '../../bridge/listen.ts';
import type { Target } from '../../bridge/relay/targets.ts';
import { listenError } from '../cliError.ts';
import { descriptorLimit } from '../descriptorLimit.ts';
import { report } from '../lifecycle.ts';
import {
  type BridgeRuleOptions,
  DEFAULT_TARGET,
  type HttpOptions,
} from '../options/bridgeOptions.ts';
import { LOOPBACK, type TlsOptions } from '../options/options.ts';
import type { ProxyKeyOptions } from '../options/proxyKey.ts';
import { say, structuredLog } from '../output.ts';

export interface BridgeOptions extends HttpOptions, TlsOptions, BridgeRuleOptions, ProxyKeyOptions {
  usersFile?: string;
  target?: Target[];
  idleTimeout: number;
  trustProxy?: string[];
  readyUrl?: URL;
}

/** The folder of the built page. */
export const PAGE_DIR = fileURLToPath(new URL('../../page', import.meta.url));

/**
 * Builds a bridge and has it listen.
 *
 * @param rest What does not come from a flag as it stands.
 * @throws CliError where it cannot listen.
 */
export async function startBridge(
  options: BridgeOptions,
  rest: Partial<BridgeSettings>,
): Promise<{ app: FastifyInstance; endpoint: Endpoint }> {
  const { httpHost, httpPort } = options;
  const app = await buildBridge({ ...settingsFrom(options), ...rest });
  const endpoint = await listen(app, httpHost, httpPort).catch((error: unknown) => {
    throw listenError(error, { host: httpHost, port: httpPort }, '--http-port');
  });
  return { app, endpoint };
}

/** Tells everybody who waits for it that the bridge listens. */
export function announce({ log, basePath, tlsCert }: BridgeOptions, endpoint: Endpoint): void {
  const scheme = tlsCert === undefined ? 'http' : 'https';
  if (log === 'console')
    say(`Bridge is listening on ${scheme}://${formatEndpoint(endpoint)}${basePath}`);
  report({ ready: endpoint });
}

export function limitsFrom(options: BridgeOptions): BridgeLimits {
  return {
    maxSessions: options.maxSessions,
    maxSessionsPerSource: options.maxSessionsPerSource,
    maxMessageBytes: options.maxMessageBytes,
  };
}

function settingsFrom(options: BridgeOptions): BridgeSettings {
  const [first = DEFAULT_TARGET, ...others] = options.target ?? [];
  return {
    // Under `motd up`, which gives the key, there is one target.
    targets: [{ ...first, proxyKey: options.proxyKey }, ...others],
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
    maxDescriptors: descriptorLimit(),
    logger: structuredLog(options.log),
  };
}
