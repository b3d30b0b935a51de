// What the log has of a request.

import type { FastifyRequest } from 'fastify';
import { clientAddress } from './clientAddress.ts';

/**
 * A client may send 16 KiB of each of these, and a character may need six bytes in JSON. The record
 * of a request must fit into 4,096 bytes: those of several workers then stay whole (cli/output.ts).
 */
const MAX_CHARACTERS = 250;

/** A request for the log. The address is parsed because a proxy may append the client's port. */
export function loggedRequest(request: FastifyRequest) {
  const { method, url, host, socket } = request;
  return {
    method,
    url: bounded(url),
    host: bounded(host),
    remoteAddress: clientAddress(request),
    remotePort: socket.remotePort,
  };
}

function bounded(text: string): string {
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text;
}
