// A port of this machine that nobody has: for programs that cannot pick one and say which, and for
// those that are not there. Tests use it, too.

import { once } from 'node:events';
import { createServer } from 'node:net';

const HOST = '127.0.0.1';

/**
 * Below those that the system gives to connections (ip(7), ip_local_port_range): until what is to
 * listen there does, and while it is away, nobody else takes it. Below our own default as well.
 */
const FIRST_PORT = 12_000;
const PORTS = 14_000;

/** Each worker of Playwright picks from a share of its own: none takes what another is about to use. */
const WORKERS = 4;
const WORKER = Number(process.env['TEST_PARALLEL_INDEX'] ?? 0) % WORKERS;

/** @type {Set<number>} */
const picked = new Set();

/** Keeps a port that is about to be used from being picked. @param {number} port */
export function reservePort(port) {
  picked.add(port);
}

/** @returns {Promise<number>} Another one each time, until all have been picked. */
export async function freePort() {
  for (;;) {
    if (picked.size >= PORTS / WORKERS) picked.clear();
    const port = FIRST_PORT + WORKER + WORKERS * Math.floor((Math.random() * PORTS) / WORKERS);
    if (picked.has(port)) continue;
    picked.add(port);
    const isFree = await listenOnce(port).then(
      () => true,
      () => false,
    );
    if (isFree) return port;
  }
}

/**
 * Listens on a port of loopback, and stops.
 *
 * @param {number} port
 * @throws What the system says where that cannot be done.
 */
export async function listenOnce(port) {
  const server = createServer().listen(port, HOST);
  await once(server, 'listening');
  server.close();
  await once(server, 'close');
}
