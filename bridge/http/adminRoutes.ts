// What those who run the bridge ask: is it there, is what it needs, what has it counted.

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { descriptorCheck } from '../../access/descriptors.ts';
import { type DescriptorBudget, SESSION_DESCRIPTORS } from '../descriptorBudget.ts';
import type { MetricsText } from '../metrics.ts';
import type { Target } from '../relay/targets.ts';
import { addressForms } from './addressForms.ts';
import { clientAddress, isFromUnknownProxy } from './clientAddress.ts';
import { Readiness } from './readiness.ts';
import type { RouteRules } from './routeRules.ts';

/** HAProxy's `option httpchk` sends OPTIONS unless it is told otherwise. */
const HEALTH_METHODS = ['GET', 'HEAD', 'OPTIONS'];

/** Health checks know no password, and ask under a name of their own: `bridge:8080`, or none. */
const HEALTH: RouteRules = { needsNoPassword: true, allowsAnyHost: true };

/** `Host` is checked: a page that reached this machine by DNS rebinding comes from loopback, too. */
const METRICS: RouteRules = { needsNoPassword: true };

export interface AdminOptions {
  /** The path everything is under: empty, or `/PATH`. */
  basePath: string;
  /** The first is the default. */
  targets: readonly [Target, ...Target[]];
  connectTimeoutMs: number;
  /** Who else says whether all is ready: `/readyz` asks there, too. */
  readyUrl?: URL | undefined;
  /** Who may read `/metrics`, by IP address. */
  mayReadMetrics: (address: string) => boolean;
}

interface ReadyQuery {
  /** What need not be ready; the store alone is known by name. */
  exclude?: string | string[];
}

/** Serves `/healthz`, `/readyz` and `/metrics`. */
export function serveAdminRoutes(
  app: FastifyInstance,
  { basePath, targets, connectTimeoutMs, readyUrl, mayReadMetrics }: AdminOptions,
  metrics: MetricsText,
  descriptors: DescriptorBudget,
): void {
  const readiness = new Readiness({ target: targets[0], connectTimeoutMs, readyUrl });

  const canOpenMore = descriptorCheck(SESSION_DESCRIPTORS);
  for (const url of addressForms(`${basePath}/healthz`)) {
    app.route({
      method: HEALTH_METHODS,
      url,
      config: { rules: HEALTH },
      handler: async (_request, reply) => {
        if (descriptors.has(SESSION_DESCRIPTORS) && (await canOpenMore()))
          return reply.send('ok\n');
        return reply
          .code(503)
          .send('no session can be opened: out of file descriptors (ulimit -n)\n');
      },
    });
  }

  for (const url of addressForms(`${basePath}/readyz`)) {
    app.route<{ Querystring: ReadyQuery }>({
      method: HEALTH_METHODS,
      url,
      config: { rules: HEALTH },
      handler: async ({ query }, reply) => {
        const why = await readiness.check([query.exclude].flat().includes('store'));
        if (why === undefined) return reply.send('ready\n');
        return reply.code(503).send(`not ready: ${why}\n`);
      },
    });
  }

  for (const url of addressForms(`${basePath}/metrics`)) {
    app.get(url, { config: { rules: METRICS } }, async (request, reply) => {
      const why = whyNoMetrics(request, mayReadMetrics);
      if (why !== undefined) return reply.code(403).send(`Refused: ${why}.\n`);
      return reply.type(metrics.contentType).send(await metrics.text());
    });
  }
}

function whyNoMetrics(
  request: FastifyRequest,
  mayReadMetrics: AdminOptions['mayReadMetrics'],
): string | undefined {
  if (isFromUnknownProxy(request))
    return 'this came through a proxy that --trust-proxy does not name';
  const address = clientAddress(request);
  return mayReadMetrics(address) ? undefined : `--metrics-from does not name ${address}`;
}
