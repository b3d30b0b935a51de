// Who may use the bridge, where that is asked for: HTTP Basic authentication (RFC 7617).

import fastifyBasicAuth from '@fastify/basic-auth';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Verdict } from '../access/passwordGuard.ts';
import { clientAddress } from './client.ts';
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

export interface BasicAuthOptions {
  checkPassword: CheckPassword;
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
  { checkPassword, onRefusal }: BasicAuthOptions,
): Promise<void> {
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
    },
  });
  app.addHook('onRequest', (request, reply, next) => {
    if (rulesOf(request).needsNoPassword) {
      next();
      return;
    }
    app.basicAuth.call(app, request, reply, (error) => {
      if (!error) {
        next();
        return;
      }
      onRefusal();
      refuse(error, reply);
    });
  });
}

function refuse(error: Error, reply: FastifyReply): void {
  if (error instanceof RefusedError) {
    void reply
      .code(429)
      .header('retry-after', RETRY_AFTER_SECONDS)
      .send('Refused: too many wrong passwords; try again later.\n');
    return;
  }
  void reply.code(401).send('Refused: this takes the right user name and password.\n');
}
