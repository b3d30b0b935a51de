// Where a server listens: the one way to name it, write it, and read it from a listening socket.

import type { Server } from 'node:net';

export interface Endpoint {
  /** A host name or an IP address. */
  host: string;
  port: number;
}

/** A Unix socket, by the path of its file. */
export interface UnixSocket {
  path: string;
}

/** Where a server listens. */
export type ListenAddress = Endpoint | UnixSocket;

/** @returns `HOST:PORT`, an IPv6 address in brackets (RFC 3986, section 3.2.2); or `unix:PATH`. */
export function formatEndpoint(address: ListenAddress): string {
  if ('path' in address) return `unix:${address.path}`;
  const { host, port } = address;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * @returns Where a server listens.
 * @throws Error if it does not listen, or not on a TCP socket.
 */
export function listeningEndpoint(server: Pick<Server, 'address'>): Endpoint {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not a TCP socket');
  return { host: address.address, port: address.port };
}
