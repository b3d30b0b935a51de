// Authenticates users, if the bridge has users: by HTTP Basic authentication (RFC 7617), and by a
// cookie for browsers that send no password in a WebSocket handshake (loginCookie.ts).

import fastifyBasicAuth from '@fastify/basic-auth';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { PasswordResult } from '../../access/passwordResult.pure.ts';
import { clientAddress } from './clientAddress.ts';
import type { LoginCookie } from './loginCookie.ts';
import { rulesOf } from './routeRules.ts';

/** The shortest penalty for too many wrong passwords (access/penalties.ts). */
const RETRY_AFTER_SECONDS = 5;

/**
 * Checks the password of a user.
 *
 * @param address The IP address it comes from.
 * @returns `notChecked` if the source sent too many wrong passwords, or too many checks are
 *   waiting.
 */
export type CheckPassword = (
  address: string,
  user: string,
  password: string,
) => Promise<PasswordResult>;

declare module 'fastify' {
  interface FastifyRequest {
    /** The authenticated user. */
    user: string | undefined;
  }
}

/** The value of `WWW-Authenticate`. */
export const CHALLENGE = 'Basic realm="motd", charset="UTF-8"';

export interface BasicAuthOptions {
  checkPassword: CheckPassword;
  /** Replaces the password in a WebSocket handshake. */
  cookie: LoginCookie | undefined;
  /** Called for each rejected request. */
  onRejection: () => void;
}

/** The password was not checked. This is not a 401: another password would not help. */
class PasswordNotCheckedError extends Error {
  readonly statusCode = 429;
}

/**
 * Requires a user name and a password for every request to `app`, including upgrades and paths that
 * are not found. Routes can be exempt (routeRules.ts). The response to a wrong password is 401; to
 * one that was not checked, 429.
 */
export async function requireBasicAuth(
  app: FastifyInstance,
  { checkPassword, cookie, onRejection }: BasicAuthOptions,
): Promise<void> {
  await app.register(fastifyBasicAuth, {
    authenticate: { realm: 'motd' },
    validate: async (user, password, request) => {
      const result = await checkPassword(clientAddress(request), user, password).catch(
        (error: unknown) => {
          request.log.error(error, 'checking a password failed');
          return 'notChecked';
        },
      );
      if (result === 'notChecked') throw new PasswordNotCheckedError();
      if (result === 'wrong') throw new Error();
      request.user = user;
    },
  });
  app.addHook('onRequest', async (request, reply) => {
    const { needsNoPassword, setsLoginCookie } = rulesOf(request);
    if (needsNoPassword || (await authenticateByCookie(request, cookie))) return undefined;
    const error = await authenticationError(app, request, reply);
    if (error !== undefined) {
      onRejection();
      return reject(error, reply);
    }
    const { user, ws } = request;
    if (setsLoginCookie && !ws && user !== undefined) await cookie?.setFor(user, request, reply);
    return undefined;
  });
}

/**
 * Authenticates a request by the login cookie, and sets `request.user`. If the request has a
 * password, the cookie is ignored.
 *
 * @returns Whether the user is authenticated.
 */
async function authenticateByCookie(
  request: FastifyRequest,
  cookie: LoginCookie | undefined,
): Promise<boolean> {
  const { ws, headers } = request;
  if (!ws || !rulesOf(request).acceptsLoginCookie) return false;
  if (headers.authorization !== undefined) return false;
  request.user = await cookie?.userOf(request);
  return request.user !== undefined;
}

/** @returns Why the password of a request is not accepted; `undefined` if it is. */
function authenticationError(
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Error | undefined> {
  return new Promise((resolve) => app.basicAuth.call(app, request, reply, resolve));
}

function reject(error: Error, reply: FastifyReply): FastifyReply {
  if (error instanceof PasswordNotCheckedError) {
    return reply
      .code(429)
      .header('retry-after', RETRY_AFTER_SECONDS)
      .send('Rejected: too many wrong passwords; try again later.\n');
  }
  return reply.code(401).send('Rejected: the user name or password is missing or wrong.\n');
}
