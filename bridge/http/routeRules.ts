// What the guards leave out for a route. A guard looks at the route that was found, never at the path
// as the request has it: there are many ways to write one.

import type { FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    rules?: RouteRules;
  }
}

export interface RouteRules {
  /** No user name and password are asked for. */
  needsNoPassword?: true;
  /** In a handshake, the login cookie stands in for the password. */
  takesLoginCookie?: true;
  /** Along with the answer, a user whose password was right gets the login cookie. */
  handsOutLogin?: true;
  /** Any `Host` will do: the route has nothing to hide from a page of another origin. */
  allowsAnyHost?: true;
}

export function rulesOf({ routeOptions: { config } }: FastifyRequest): RouteRules {
  return config.rules ?? {};
}
