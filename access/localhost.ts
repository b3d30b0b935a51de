// `localhost` is two addresses (RFC 6761, section 6.3): browsers and clients take either, and which
// one a lookup gives first depends on the machine. A server that is told to listen on `localhost`
// listens on both. A `Server` of Node listens on one address, so a second one takes the connections
// to the other.

import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { type Endpoint, listeningEndpoint } from './endpoint.ts';
import { errorCode, hasErrorCode } from './systemErrors.ts';

const NAME = 'localhost';
const IPV4 = '127.0.0.1';
const IPV6 = '::1';

/** Of a machine, or a container, without IPv6 (bind(2), socket(2)). */
const NO_IPV6 = ['EADDRNOTAVAIL', 'EAFNOSUPPORT'];

/** How often to look for a port that is free on both addresses. */
const ATTEMPTS = 20;

export function isLocalhost(host: string): boolean {
  return /^localhost\.?$/i.test(host);
}

/**
 * Listens on both addresses of `localhost`, on one port.
 *
 * @param listen Has the first server listen; called again with another port if that one is taken.
 * @param second Listens on the IPv6 address, if there is one.
 * @param port 0 picks one that is free on both.
 * @returns Host `localhost`; `127.0.0.1` if there is no IPv6.
 * @throws Node's error if one of them cannot listen.
 */
export async function listenOnLocalhost(
  listen: (host: string, port: number) => Promise<{ port: number }>,
  second: Server,
  port: number,
  ipv6 = IPV6,
): Promise<Endpoint> {
  for (let attempt = 1; ; attempt++) {
    const common = await listenIfThere(second, ipv6, port);
    try {
      const first = await listen(IPV4, common ?? port);
      return { host: common === undefined ? IPV4 : NAME, port: first.port };
    } catch (error) {
      if (common !== undefined) second.close();
      if (port !== 0 || errorCode(error) !== 'EADDRINUSE' || attempt === ATTEMPTS) throw error;
    }
  }
}

/** A port that is free on both addresses, for processes that are to share it. */
export async function freeLocalhostPort(): Promise<number> {
  const [first, second] = [createServer(), createServer()];
  const listen = async (host: string, at: number) => ({ port: await listenOn(first, host, at) });
  const { port } = await listenOnLocalhost(listen, second, 0);
  first.close();
  if (second.listening) second.close();
  return port;
}

/** @returns The port; `undefined` if this machine has no such address. */
async function listenIfThere(
  server: Server,
  host: string,
  port: number,
): Promise<number | undefined> {
  try {
    return await listenOn(server, host, port);
  } catch (error) {
    if (hasErrorCode(error, NO_IPV6)) return undefined;
    throw error;
  }
}

async function listenOn(server: Server, host: string, port: number): Promise<number> {
  server.listen({ host, port });
  await once(server, 'listening');
  return listeningEndpoint(server).port;
}
