// The address of the client that sent a request: the peer of the TCP connection, or what a trusted
// proxy reports.

import { isIPv6, type Socket } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { UNIX_PEER } from '../../access/source.ts';
import type { ConnectionEndpoints } from '../relay/proxiedClient.ts';
import { parseForwardedAddress } from './forwardedAddress.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Whether the bridge listens on a Unix socket, whose peers have no address. */
    isOnUnixSocket: boolean;
  }
}

/** Call it before any request. */
export function setPeerKind(app: FastifyInstance, isOnUnixSocket: boolean): void {
  app.decorateRequest('isOnUnixSocket', isOnUnixSocket);
}

/**
 * The address of the client. Fastify follows `X-Forwarded-For` from the right as long as the
 * proxies are trusted. An entry that is not an address is ignored in favor of the peer's.
 */
export function clientAddress(request: FastifyRequest): string {
  const { headers } = request;
  // `request.ip` takes a microsecond, and is the peer without that header.
  if (headers['x-forwarded-for'] === undefined) return peerAddress(request);
  // Without an address of the peer, Fastify has none for the client.
  const ip: string | undefined = request.ip;
  return parseForwardedAddress(ip ?? '') ?? peerAddress(request);
}

/** The parsed addresses of open connections: a connection may send many requests. */
const peerAddresses = new WeakMap<Socket, string>();

/** The address of the peer of the connection, in the form of {@link clientAddress}. */
export function peerAddress({ isOnUnixSocket, socket }: FastifyRequest): string {
  if (isOnUnixSocket) return UNIX_PEER;
  const known = peerAddresses.get(socket);
  if (known !== undefined) return known;
  const { remoteAddress } = socket;
  // The connection is closed already.
  if (remoteAddress === undefined) return '';
  const address = parseForwardedAddress(remoteAddress) ?? '';
  peerAddresses.set(socket, address);
  return address;
}

/** Headers that proxies add to a request. Each product adds some of them. */
const ADDED_BY_PROXIES = [
  // RFC 7239; RFC 9110, section 7.6; RFC 8586; W3C's Edge Architecture
  /^(?:forwarded|via|max-forwards|cdn-loop|surrogate-.*)$/,
  // X-Forwarded-For, X-Forwarded-Proto, X-Original-Forwarded-For
  /^x-(?:original-)?forwarded/,
  // X-Real-IP, X-Client-IP, True-Client-IP, CF-Connecting-IP, X-Remote-Addr
  /^(?:.*-)?(?:client|real|remote|connecting|connection|originating|(?:proxy)?user)-?(?:ip|addr)(?:v6)?$/,
  // Cloudflare, Fastly, Fly, Imperva, Alibaba, Envoy, Amazon, Google, Azure, IIS, Vercel, Varnish,
  // Netlify
  /^(?:cf|fastly|fly|incap|ali|x-envoy|x-amzn?|x-appengine|x-cloud|x-azure|x-original|x-arr|x-vercel|x-varnish|x-nf)(?:-|$)/,
];

/**
 * Whether a request came through a proxy, but has the proxy's own address. The proxy is not
 * trusted, or it is, and its client is on the same machine.
 */
export function isFromUntrustedProxy(request: FastifyRequest): boolean {
  const { headers } = request;
  const isForwarded = Object.keys(headers).some((name) =>
    ADDED_BY_PROXIES.some((pattern) => pattern.test(name)),
  );
  return isForwarded && clientAddress(request) === peerAddress(request);
}

/**
 * The endpoints of the client's connection. What only the proxy knows is 0: the client's port, and,
 * if the proxy connects over a Unix socket, where the client connected to.
 */
export function clientEndpoints(request: FastifyRequest): ConnectionEndpoints {
  const { remotePort, localAddress, localPort } = request.socket;
  const address = clientAddress(request);
  const isDirect = address === peerAddress(request);
  // A PROXY header needs both addresses.
  if (request.isOnUnixSocket && !isDirect) {
    const localAddress = isIPv6(address) ? '::' : '0.0.0.0';
    return { remoteAddress: address, remotePort: 0, localAddress, localPort: 0 };
  }
  return {
    remoteAddress: address,
    remotePort: isDirect ? remotePort : 0,
    localAddress,
    localPort,
  };
}
