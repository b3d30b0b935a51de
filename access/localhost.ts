// Listens on `localhost`, which has two addresses (RFC 6761, section 6.3). Browsers and clients use
// either of them, and which one a lookup returns first depends on the machine. A server therefore
// listens on both. A `Server` of Node listens on one address only, so a second one is needed.

import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { type Endpoint, listeningEndpoint } from './endpoint.ts';
import { errorCode, hasErrorCode } from './systemErrors.ts';

const NAME = 'localhost';
const IPV4 = '127.0.0.1';
const IPV6 = '::1';

/** The errors of a machine, or a container, without IPv6 (bind(2), socket(2)). */
const NO_IPV6 = ['EADDRNOTAVAIL', 'EAFNOSUPPORT'];

/** The number of ports to try, until one is free on both addresses. */
const ATTEMPTS = 20;

export function isLocalhost(host: string): boolean {
  return /^localhost\.?$/i.test(host);
}

/**
 * Listens on both addresses of `localhost`, on one port.
 *
 * @param listen Makes the first server listen. Called again with another port if that one is in
 *   use.
 * @param second The server for the IPv6 address, if there is one.
 * @param port 0 picks a port that is free on both.
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
    const common = await listenIfAvailable(second, ipv6, port);
    try {
      const first = await listen(IPV4, common ?? port);
      return { host: common === undefined ? IPV4 : NAME, port: first.port };
    } catch (error) {
      if (common !== undefined) second.close();
      if (port !== 0 || errorCode(error) !== 'EADDRINUSE' || attempt === ATTEMPTS) throw error;
    }
  }
}

/** Finds a port that is free on both addresses, for several processes that will share it. */
export async function freeLocalhostPort(): Promise<number> {
  const [first, second] = [createServer(), createServer()];
  const listen = async (host: string, candidate: number) => ({
    port: await listenOn(first, host, candidate),
  });
  const { port } = await listenOnLocalhost(listen, second, 0);
  first.close();
  if (second.listening) second.close();
  return port;
}

/** @returns The port; `undefined` if the machine does not have the address. */
async function listenIfAvailable(
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
