// Puts the message over HTTP (feed/) on the port of the bridge. With --workers, each worker follows
// the message server by itself: that is one watch for each, and nothing between the processes.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import type { FastifyBaseLogger } from 'fastify';
import type { AddRoutes } from '../../bridge/http/addedRoutes.ts';
import { connectTarget } from '../../bridge/relay/connectTarget.ts';
import { proxyPreamble } from '../../bridge/relay/proxyPreamble.ts';
import type { TargetList } from '../../bridge/relay/targetList.ts';
import type { Target } from '../../bridge/relay/targets.ts';
import { Feed } from '../../feed/feed.ts';
import { serveFeed } from '../../feed/http/serveFeed.ts';
import { CliError } from '../cliError.ts';
import type { BridgeRuleOptions } from '../options/bridgeOptions.ts';
import type { FeedOptions } from '../options/feedOptions.ts';

/** Beside the bundled program (cli/bundle.mjs). */
const BOARD = fileURLToPath(new URL('board.html', import.meta.url));

/**
 * @param targets Those of the bridge, one of which `--feed` may name. If it gets another address,
 *   the feed follows it there.
 * @param logger Logs what goes wrong with the message server.
 * @returns The routes; `undefined` without `--feed`.
 * @throws CliError if there is no such target, or it cannot be watched.
 */
export function feedRoutes(
  options: FeedOptions & BridgeRuleOptions,
  targets: TargetList,
  logger: FastifyBaseLogger | undefined,
): AddRoutes | undefined {
  const { feed: chosen, connectTimeout, pingInterval, maxLifetime } = options;
  if (chosen === undefined) return undefined;
  const feed = new Feed({
    open: openFeedTarget(chosen, targets, connectTimeout * 1000),
    onError: (error) => logger?.warn(error, 'the message server of the feed failed'),
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
 * @throws CliError if there is no such target, or it cannot be watched.
 */
export function feedTarget(chosen: string | Target, targets: readonly Target[]): Target {
  const target = typeof chosen === 'string' ? targets.find(({ name }) => name === chosen) : chosen;
  if (target === undefined) {
    const names = targets.map(({ name }) => name).join(', ');
    throw new CliError(`--feed: no target has the name '${chosen}'; use one of: ${names}`);
  }
  if (target.isOriginal) {
    throw new CliError(
      `--feed: the target '${target.name}' is marked +original, and an original server sends no changes`,
    );
  }
  return target;
}

/** @returns A function that connects to the target of the feed. */
function openFeedTarget(chosen: string | Target, targets: TargetList, connectTimeoutMs: number) {
  let target = feedTarget(chosen, targets.all);
  const sockets = new Set<Socket>();
  targets.onReplace(() => {
    const next = feedTarget(chosen, targets.all);
    if (isDeepStrictEqual(next, target)) return;
    target = next;
    // The feed connects again.
    for (const socket of sockets) socket.destroy();
  });
  return async () => {
    const socket = await openTarget(target, connectTimeoutMs);
    sockets.add(socket);
    return socket.once('close', () => sockets.delete(socket));
  };
}

async function openTarget(target: Target, connectTimeoutMs: number): Promise<Socket> {
  const socket = connectTarget(target, { connectTimeoutMs });
  await once(socket, 'connect');
  const preamble = proxyPreamble(target);
  if (preamble.length > 0) socket.write(preamble);
  return socket;
}
