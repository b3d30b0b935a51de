// Rejects the requests that no route matches.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Metrics } from '../metrics.ts';

const NOT_FOUND = 'Not found: no page and no target has this path.\n';

/** Rejects a request for a path, or a target, that does not exist. */
export function rejectUnknown(metrics: Metrics) {
  return (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    if (request.ws) metrics.recordRejection('target');
    return reply.code(404).send(NOT_FOUND);
  };
}

/**
 * Rejects a request whose path cannot be decoded. No hook runs for it, so the connection of an
 * upgrade has to be closed here.
 */
export function rejectMalformed({ socket }: FastifyRequest, reply: FastifyReply): void {
  reply.header('connection', 'close').raw.once('finish', () => socket.destroySoon());
  void reply
    .code(400)
    .type('text/plain; charset=utf-8')
    .send('Rejected: the path cannot be decoded.\n');
}
