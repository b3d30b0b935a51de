// Who may use the bridge, where that is asked for: HTTP Basic authentication (RFC 7617), and a cookie
// for the browsers that leave it out of a WebSocket's handshake (loginCookie.ts).

import fastifyBasicAuth from '@fastify/basic-auth';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Verdict } from '../../access/passwordGuard.ts';
import { clientAddress } from './clientAddress.ts';
import type { LoginCookie } from './loginCookie.ts';
import { rulesOf } from './routeRules.ts';

/** The shortest time a source that was wrong too often is not listened to. */
const RETRY_AFTER_SECONDS = 5;

/**
 * Tells whether a password is a user's.
 *
 * @param source The IP address it comes from.
 * @returns `refused` where it was not checked: the source was wrong too often, or too many wait.
 */
export type CheckPassword = (source: string, user: string, password: string) => Promise<Verdict>;

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose password was right; empty if none was asked for. */
    user: string;
  }
}

/** What a browser is to ask for. */
export const CHALLENGE = 'Basic realm="motd", charset="UTF-8"';

export interface BasicAuthOptions {
  checkPassword: CheckPassword;
  /** What stands in for a password in a handshake; without it, nothing does. */
  cookie: LoginCookie | undefined;
  /** Called for each request that is refused. */
  onRefusal: () => void;
}

/** It was not checked, and that is no 401: asking for another password would not help. */
class RefusedError extends Error {
  readonly statusCode = 429;
}

/**
 * Asks for a user name and a password on every request to `app`, an upgrade and what is not found
 * included; a route whose rules say so asks for none. 401 answers a wrong one, 429 one that was not checked.
 */
export async function requireBasicAuth(
  app: FastifyInstance,
  { checkPassword, cookie, onRefusal }: BasicAuthOptions,
): Promise<void> {
  app.decorateRequest('user', '');
  await app.register(fastifyBasicAuth, {
    authenticate: { realm: 'motd' },
    validate: async (user, password, request) => {
      const verdict = await checkPassword(clientAddress(request), user, password).catch(
        (error: unknown) => {
          request.log.error(error, 'a password could not be checked');
          return 'refused';
        },
      );
      if (verdict === 'refused') throw new RefusedError();
      if (verdict === 'wrong') throw new Error();
      request.user = user;
    },
  });
  app.addHook('onRequest', async (request, reply) => {
    const { needsNoPassword, handsOutLogin } = rulesOf(request);
    if (needsNoPassword || (await isLoggedIn(request, cookie))) return undefined;
    const error = await checked(app, request, reply);
    if (error !== undefined) {
      onRefusal();
      return refuse(error, reply);
    }
    if (handsOutLogin && !request.ws) await cookie?.give(request.user, request, reply);
    return undefined;
  });
}

/** A password that is given counts, whatever the cookie says. */
async function isLoggedIn(
  request: FastifyRequest,
  cookie: LoginCookie | undefined,
): Promise<boolean> {
  const { ws, headers } = request;
  if (!ws || !rulesOf(request).takesLoginCookie) return false;
  if (headers.authorization !== undefined) return false;
  const user = await cookie?.userOf(request);
  request.user = user ?? '';
  return user !== undefined;
}

/** @returns Why the password of a request is not accepted; `undefined` if it is. */
function checked(
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Error | undefined> {
  return new Promise((resolve) => app.basicAuth.call(app, request, reply, resolve));
}

function refuse(error: Error, reply: FastifyReply): FastifyReply {
  if (error instanceof RefusedError) {
    return reply
      .code(429)
      .header('retry-after', RETRY_AFTER_SECONDS)
      .send('Refused: too many wrong passwords; try again later.\n');
  }
  return reply.code(401).send('Refused: this takes the right user name and password.\n');
}
