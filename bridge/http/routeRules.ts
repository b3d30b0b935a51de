// Exceptions from the guards, declared by a route. Guards look at the matched route, never at the
// path of the request, because one path can be written in many ways.

import type { FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    rules?: RouteRules;
  }
}

export interface RouteRules {
  /** No user name and password are required. */
  needsNoPassword?: true;
  /** In a WebSocket handshake, the login cookie replaces the password. */
  acceptsLoginCookie?: true;
  /** The response sets the login cookie for a user whose password was right. */
  setsLoginCookie?: true;
  /** Any `Host` is allowed: the route discloses nothing to a page of another origin. */
  allowsAnyHost?: true;
}

export function rulesOf({ routeOptions: { config } }: FastifyRequest): RouteRules {
  return config.rules ?? {};
}
