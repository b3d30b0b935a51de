// The routes for operators: health, readiness and metrics.

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { descriptorCheck, OUT_OF_DESCRIPTORS } from '../../access/descriptors.ts';
import type { MetricsText } from '../../access/metricSamples.ts';
import type { DescriptorBudget } from '../descriptorBudget.ts';
import type { TargetCas } from '../relay/targetCas.ts';
import type { TargetList } from '../relay/targetList.ts';
import { clientAddress, isFromUntrustedProxy } from './clientAddress.ts';
import { Readiness } from './readiness.ts';
import type { RouteRules } from './routeRules.ts';
import { withAndWithoutSlash } from './trailingSlash.ts';

/** HAProxy's `option httpchk` sends OPTIONS by default. */
const HEALTH_METHODS = ['GET', 'HEAD', 'OPTIONS'];

/** Health checks send no password, and a `Host` of their own, such as `bridge:8080`, or none. */
const HEALTH: RouteRules = { needsNoPassword: true, allowsAnyHost: true };

/** `Host` is checked: a page that uses DNS rebinding on this machine comes from loopback, too. */
const METRICS: RouteRules = { needsNoPassword: true };

export interface AdminOptions {
  /** The prefix of all paths: empty, or `/PATH`. */
  basePath: string;
  targets: TargetList;
  connectTimeoutMs: number;
  /** Who may sign the certificate of a target with TLS. */
  targetCas: TargetCas;
  /** A URL that `/readyz` also requests; it has to be ready, too. */
  readyUrl?: URL | undefined;
  /** Whether an IP address may read `/metrics`. */
  mayReadMetrics: (address: string) => boolean;
}

interface ReadyQuery {
  /** The parts that need not be ready. The only known value is `store`. */
  exclude?: string | string[];
}

/** Serves `/healthz`, `/readyz` and `/metrics`. */
export function serveAdminRoutes(
  app: FastifyInstance,
  { basePath, targets, connectTimeoutMs, targetCas, readyUrl, mayReadMetrics }: AdminOptions,
  metrics: MetricsText,
  descriptors: DescriptorBudget,
): void {
  const readiness = new Readiness({ targets, connectTimeoutMs, targetCas, readyUrl });

  const canOpenMore = descriptorCheck(descriptors.perSession);
  for (const url of withAndWithoutSlash(`${basePath}/healthz`)) {
    app.route({
      method: HEALTH_METHODS,
      url,
      config: { rules: HEALTH },
      handler: async (_request, reply) => {
        if (descriptors.has(descriptors.perSession) && (await canOpenMore()))
          return reply.send('ok\n');
        return reply.code(503).send(`no session can be opened: ${OUT_OF_DESCRIPTORS}\n`);
      },
    });
  }

  for (const url of withAndWithoutSlash(`${basePath}/readyz`)) {
    app.route<{ Querystring: ReadyQuery }>({
      method: HEALTH_METHODS,
      url,
      config: { rules: HEALTH },
      handler: async ({ query }, reply) => {
        const reason = await readiness.check([query.exclude].flat().includes('store'));
        if (reason === undefined) return reply.send('ready\n');
        return reply.code(503).send(`not ready: ${reason}\n`);
      },
    });
  }

  for (const url of withAndWithoutSlash(`${basePath}/metrics`)) {
    app.get(url, { config: { rules: METRICS } }, async (request, reply) => {
      const reason = metricsRejection(request, mayReadMetrics);
      if (reason !== undefined) return reply.code(403).send(`Rejected: ${reason}.\n`);
      return reply.type(metrics.contentType).send(await metrics.text());
    });
  }
}

/** @returns Why a request may not read the metrics; `undefined` if it may. */
function metricsRejection(
  request: FastifyRequest,
  mayReadMetrics: AdminOptions['mayReadMetrics'],
): string | undefined {
  if (isFromUntrustedProxy(request))
    return 'the request came through a proxy, and its client is unknown or has the address of that proxy';
  const address = clientAddress(request);
  return mayReadMetrics(address) ? undefined : `${address} is not in --metrics-from`;
}
