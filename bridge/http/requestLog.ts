// What the log has of a request.

import type { FastifyRequest } from 'fastify';
import { clientAddress } from './clientAddress.ts';

/** A request for the log. The address is parsed because a proxy may append the client's port. */
export function loggedRequest(request: FastifyRequest) {
  const { method, url, host, socket } = request;
  return {
    method,
    url,
    host,
    remoteAddress: clientAddress(request),
    remotePort: socket.remotePort,
  };
}
