// The name of the user, as another program vouches for it: a proxy in a header, or a certificate
// authority (clientCertificate.ts).

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { peerAddress } from './clientAddress.ts';
import { rulesOf } from './routeRules.ts';

/** Why a request has no usable name; shown to its client. */
export interface NameRejection {
  rejection: string;
}

/**
 * Sets `request.user`. A request without a name gets 403, unless its route needs no password.
 *
 * @param onRejection Called for each rejected request.
 */
export function requireName(
  app: FastifyInstance,
  nameOf: (request: FastifyRequest) => { name: string } | NameRejection,
  onRejection: () => void,
): void {
  app.addHook('onRequest', async (request, reply) => {
    if (rulesOf(request).needsNoPassword) return undefined;
    const result = nameOf(request);
    if ('name' in result) {
      request.user = result.name;
      return undefined;
    }
    onRejection();
    return reply.code(403).send(`Rejected: ${result.rejection}.\n`);
  });
}

export interface AuthHeaderOptions {
  /** The name of the header. */
  header: string;
  /** Whether a peer is a proxy whose header is believed. */
  isTrustedProxy: (address: string) => boolean;
  /** @returns `undefined` if the name is invalid. */
  parseName: (bytes: string) => string | undefined;
  onRejection: () => void;
}

/**
 * Takes the name of the user from a header of a trusted proxy. A request of any other peer is
 * rejected, whatever its headers: the proxy has not authenticated its user.
 */
export function nameByHeader(
  app: FastifyInstance,
  { header, isTrustedProxy, parseName, onRejection }: AuthHeaderOptions,
): void {
  const nameOf = (request: FastifyRequest): { name: string } | NameRejection => {
    if (!isTrustedProxy(peerAddress(request)))
      return { rejection: 'the request did not come through a proxy in --trust-proxy' };
    const [value, ...others] = valuesOf(request, header);
    if (value === undefined) return { rejection: `the proxy sent no ${header} header` };
    // A proxy that adds its own to that of the client: which one is true?
    if (others.length > 0) return { rejection: `the proxy sent several ${header} headers` };
    const name = parseName(value);
    if (name !== undefined) return { name };
    return { rejection: `the name in the ${header} header is empty, too long or not plain text` };
  };
  requireName(app, nameOf, onRejection);
}

/** Node joins several headers of one name. */
function valuesOf({ raw: { rawHeaders } }: FastifyRequest, header: string): string[] {
  return rawHeaders.filter(
    (_value, index) =>
      index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === header.toLowerCase(),
  );
}
