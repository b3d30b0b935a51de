import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below those that the system gives to connections (ip(7), ip_local_port_range): until what is to
 * listen there does, and while it is away, nobody else takes it.
 */
const FIRST_PORT = 12_000;
const PORTS = 20_000;

const picked = new Set<number>();

/**
 * A port nobody listens on, another one each time. For programs that cannot pick one and say which,
 * and for those that are not there.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
    if (picked.has(port)) continue;
    picked.add(port);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
