// Routes that the program adds to the bridge. They have the same guards, passwords and headers as
// those of the bridge.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { RequestGuards } from './requestGuards.ts';
import type { RouteRules } from './routeRules.ts';

/** What an added route can use of the bridge. */
export interface RouteTools {
  /** The prefix of all paths: empty, or `/PATH`. */
  basePath: string;
  /**
   * A hook for `preHandler`, for a response that does not end by itself: counts it as a session
   * until it ends or its connection closes. If the quota is exceeded, the response is 503.
   */
  limitStreams: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;
  /** The `config` of a route that requires no password. */
  needsNoPassword: { rules: RouteRules };
}

/** Adds routes to an app. It must not register a plugin, which would get no guards. */
export type AddRoutes = (app: FastifyInstance, tools: RouteTools) => void;

export function routeTools(basePath: string, { limitStreams }: RequestGuards): RouteTools {
  return { basePath, limitStreams, needsNoPassword: { rules: { needsNoPassword: true } } };
}
