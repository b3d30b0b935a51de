// Finds a free port of this machine, for programs that cannot pick one and report it, and for
// addresses that nothing listens on.

import { once } from 'node:events';
import { createServer } from 'node:net';

const HOST = '127.0.0.1';

/**
 * Below the ephemeral ports (ip(7), ip_local_port_range): the system gives none of these to another
 * connection before the program listens, or while it is restarted. Also below our own default port.
 */
const FIRST_PORT = 12_000;
const PORTS = 14_000;

/** Each Playwright worker picks from a share of its own, so that no two pick the same port. */
const WORKERS = 4;
const WORKER = Number(process.env['TEST_PARALLEL_INDEX'] ?? 0) % WORKERS;

const picked = new Set<number>();

/** Marks a port that is about to be used, so that `freePort` does not pick it. */
export function reservePort(port: number): void {
  picked.add(port);
}

/** @returns A different port each time, until all have been picked. */
export async function freePort(): Promise<number> {
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
 * Listens on a loopback port, and stops.
 *
 * @throws The system's error if the port cannot be used.
 */
export async function listenOnce(port: number): Promise<void> {
  const server = createServer().listen(port, HOST);
  await once(server, 'listening');
  server.close();
  await once(server, 'close');
}
