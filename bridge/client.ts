// Who is asking: the peer of a connection, or whom a proxy that is believed speaks for.

import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { plainAddress } from '../access/source.ts';
import type { ConnectionEnds } from './proxyLine.ts';

/**
 * The address of the client. Fastify has followed `X-Forwarded-For` from the right for as long as
 * the proxies are believed; what is no address there is nobody's.
 */
export function clientAddress({ ip, socket }: FastifyRequest): string {
  return plainAddress(isIP(ip) === 0 ? (socket.remoteAddress ?? '') : ip);
}

/** Whether somebody passed the request on whose word on the client is not believed. */
export function isFromUnknownProxy(request: FastifyRequest): boolean {
  const { headers, socket } = request;
  const passedOn = headers['x-forwarded-for'] ?? headers['forwarded'] ?? headers['via'];
  return (
    passedOn !== undefined && clientAddress(request) === plainAddress(socket.remoteAddress ?? '')
  );
}

/** The ends of the client's connection; its port is 0 where only the proxy knows it. */
export function clientEnds(request: FastifyRequest): ConnectionEnds {
  const { remoteAddress = '', remotePort, localAddress, localPort } = request.socket;
  const address = clientAddress(request);
  const isDirect = address === plainAddress(remoteAddress);
  return {
    remoteAddress: address,
    remotePort: isDirect ? remotePort : 0,
    localAddress,
    localPort,
  };
}
