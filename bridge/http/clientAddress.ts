// Who is asking: the peer of a connection, or whom a proxy that is believed speaks for.

import type { Socket } from 'node:net';
import type { FastifyRequest } from 'fastify';
import type { ConnectionEnds } from '../relay/proxyHeader.ts';
import { parseForwardedAddress } from './forwardedAddress.ts';

/**
 * The address of the client. Fastify has followed `X-Forwarded-For` from the right for as long as
 * the proxies are believed; what is no address there is nobody's.
 */
export function clientAddress({ ip, socket }: FastifyRequest): string {
  return parseForwardedAddress(ip) ?? peerAddress(socket);
}

/** The address at the other end of the TCP connection, in the form of {@link clientAddress}. */
function peerAddress({ remoteAddress = '' }: Socket): string {
  return parseForwardedAddress(remoteAddress) ?? '';
}

/** What proxies add to a request, each product some of it. */
const ADDED_BY_PROXIES = [
  // RFC 7239; RFC 9110, section 7.6; RFC 8586; W3C's Edge Architecture
  /^(?:forwarded|via|max-forwards|cdn-loop|surrogate-.*)$/,
  // X-Forwarded-For, X-Forwarded-Proto, X-Original-Forwarded-For
  /^x-(?:original-)?forwarded/,
  // X-Real-IP, X-Client-IP, True-Client-IP, CF-Connecting-IP, X-Remote-Addr
  /^(?:.*-)?(?:client|real|remote|connecting|connection|originating|(?:proxy)?user)-?(?:ip|addr)(?:v6)?$/,
  // Cloudflare, Fastly, Fly, Imperva, Alibaba, Envoy, Amazon, Google, Azure, IIS, Vercel, Varnish, Netlify
  /^(?:cf|fastly|fly|incap|ali|x-envoy|x-amzn?|x-appengine|x-cloud|x-azure|x-original|x-arr|x-vercel|x-varnish|x-nf)(?:-|$)/,
];

/** Whether the request came through a proxy whose word on the client is not believed. */
export function isFromUnknownProxy(request: FastifyRequest): boolean {
  const { headers, socket } = request;
  const isPassedOn = Object.keys(headers).some((name) =>
    ADDED_BY_PROXIES.some((pattern) => pattern.test(name)),
  );
  return isPassedOn && clientAddress(request) === peerAddress(socket);
}

/** The ends of the client's connection; its port is 0 where only the proxy knows it. */
export function clientEnds(request: FastifyRequest): ConnectionEnds {
  const { remotePort, localAddress, localPort } = request.socket;
  const address = clientAddress(request);
  const isDirect = address === peerAddress(request.socket);
  return {
    remoteAddress: address,
    remotePort: isDirect ? remotePort : 0,
    localAddress,
    localPort,
  };
}
