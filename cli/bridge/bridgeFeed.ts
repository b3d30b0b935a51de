// Puts the message over HTTP (feed/) on the port of the bridge. With --workers, each worker follows
// the message server by itself: that is one watch for each, and nothing between the processes.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { formatEndpoint } from '../../access/endpoint.ts';
import { errorMessage } from '../../access/errorMessage.ts';
import type { AddRoutes } from '../../bridge/http/addedRoutes.ts';
import { type ConnectTargetOptions, connectTarget } from '../../bridge/relay/connectTarget.ts';
import { explainFailure, targetFailure } from '../../bridge/relay/describeFailure.ts';
import type { TargetCas } from '../../bridge/relay/targetCas.ts';
import type { TargetList } from '../../bridge/relay/targetList.ts';
import type { Target } from '../../bridge/relay/targets.ts';
import type { ServerConnection } from '../../client/connect.ts';
import { Feed } from '../../feed/feed.ts';
import { serveFeed } from '../../feed/http/serveFeed.ts';
import { UsageError } from '../cliError.ts';
import type { BridgeRuleOptions } from '../options/bridgeOptions.ts';
import type { FeedOptions } from '../options/feedOptions.ts';
import type { ReportOutcome } from './outages.ts';

/** Beside the bundled program (cli/bundle.mjs). */
const BOARD = fileURLToPath(new URL('board.html', import.meta.url));

/**
 * @param targets Those of the bridge, one of which `--feed` may name. If it gets another address,
 *   the feed follows it there.
 * @param targetCas Who may sign the certificate of the message server.
 * @param report Called when the message was read, and when it could not be.
 * @returns The routes; `undefined` without `--feed`.
 * @throws UsageError if there is no such target, or it cannot be watched.
 */
export function feedRoutes(
  options: FeedOptions & BridgeRuleOptions,
  { targets, targetCas }: { targets: TargetList; targetCas: TargetCas },
  report: ReportOutcome,
): AddRoutes | undefined {
  const { feed: chosen, connectTimeout, pingInterval, maxLifetime } = options;
  if (chosen === undefined) return undefined;
  const target = typeof chosen === 'string' ? chosen : addressOf(chosen);
  const connectOptions = { connectTimeoutMs: connectTimeout * 1000, targetCas };
  const feed = new Feed({
    open: openFeedTarget(chosen, targets, connectOptions),
    onRead: () => report({ kind: 'feed', target }, null),
    onFailure: (error) => report({ kind: 'feed', target }, feedFailure(target, error)),
    heartbeatMs: pingInterval * 1000,
    maxLifetimeMs: maxLifetime * 1000,
  });
  const pages = {
    html: readFileSync(BOARD, 'utf8'),
    frameOrigins: options.frameFrom ?? [],
    feedOrigins: options.feedOrigin ?? [],
    publicOrigins: options.publicOrigin ?? [],
  };
  return (app, tools) => serveFeed(app, tools, feed, pages);
}

/**
 * @param chosen The value of `--feed`.
 * @throws UsageError if there is no such target, or it cannot be watched.
 */
export function feedTarget(chosen: string | Target, targets: readonly Target[]): Target {
  const target = typeof chosen === 'string' ? targets.find(({ name }) => name === chosen) : chosen;
  if (target === undefined) {
    const names = targets.map(({ name }) => name).join(', ');
    throw new UsageError(
      'invalid-value',
      `--feed: no target has the name '${chosen}'; use one of: ${names}`,
    );
  }
  if (target.isOriginal) {
    throw new UsageError(
      'invalid-value',
      `--feed: the target '${target.name}' is marked +original, and an original server sends no changes`,
    );
  }
  return target;
}

/** @returns Why the feed could not read the message. A server also fails by its replies. */
export function feedFailure(name: string, error: unknown): string {
  return targetFailure(error) === 'other'
    ? `${name}: ${errorMessage(error)}`
    : explainFailure(error, { name });
}

function addressOf({ address }: Target): string {
  return 'path' in address ? address.path : formatEndpoint(address);
}

/** @returns A function that connects to the target of the feed. */
function openFeedTarget(
  chosen: string | Target,
  targets: TargetList,
  options: ConnectTargetOptions,
) {
  let target = feedTarget(chosen, targets.all);
  const sockets = new Set<ServerConnection>();
  targets.onReplace(() => {
    const next = feedTarget(chosen, targets.all);
    if (isDeepStrictEqual(next, target)) return;
    target = next;
    // The feed connects again.
    for (const socket of sockets) socket.destroy();
  });
  return async () => {
    const opened = target;
    const socket = await openTarget(opened, options);
    if (opened !== target) {
      socket.destroy();
      throw new Error('the target of the feed has changed');
    }
    sockets.add(socket);
    return socket.once('close', () => sockets.delete(socket));
  };
}

async function openTarget(
  target: Target,
  options: ConnectTargetOptions,
): Promise<ServerConnection> {
  const socket = connectTarget(target, options);
  await once(socket, 'connect');
  return socket;
}
