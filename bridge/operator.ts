// What those who run the bridge ask: is it there, is what it needs, what has it counted.

import type { FastifyInstance } from 'fastify';
import { descriptorCheck } from '../access/descriptors.ts';
import { clientAddress, isFromUnknownProxy } from './client.ts';
import { type DescriptorBudget, SESSION_DESCRIPTORS } from './descriptorBudget.ts';
import type { MetricsText } from './metrics.ts';
import { Readiness } from './readiness.ts';
import type { Target } from './targets.ts';

/** Below the base path; who asks there knows no password. `/metrics` has a rule of its own. */
export const OPERATOR_ROUTES = ['/healthz', '/readyz', '/metrics'];

export interface OperatorOptions {
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
export function serveOperator(
  app: FastifyInstance,
  { basePath, targets, connectTimeoutMs, readyUrl, mayReadMetrics }: OperatorOptions,
  metrics: MetricsText,
  descriptors: DescriptorBudget,
): void {
  const readiness = new Readiness({ target: targets[0], connectTimeoutMs, readyUrl });

  const canOpenMore = descriptorCheck(SESSION_DESCRIPTORS);
  app.get(`${basePath}/healthz`, async (_request, reply) => {
    if (descriptors.has(SESSION_DESCRIPTORS) && (await canOpenMore())) return reply.send('ok\n');
    return reply.code(503).send('no session can be opened: out of file descriptors (ulimit -n)\n');
  });

  app.get<{ Querystring: ReadyQuery }>(`${basePath}/readyz`, async ({ query }, reply) => {
    const why = await readiness.check([query.exclude].flat().includes('store'));
    return why === undefined ? reply.send('ready\n') : reply.code(503).send(`not ready: ${why}\n`);
  });

  app.get(`${basePath}/metrics`, async (request, reply) => {
    if (isFromUnknownProxy(request) || !mayReadMetrics(clientAddress(request))) {
      return reply.code(403).send('Refused: --metrics-from does not name your address.\n');
    }
    return reply.type(metrics.contentType).send(await metrics.text());
  });
}
