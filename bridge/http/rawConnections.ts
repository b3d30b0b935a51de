// The connections HTTP does not see: those in a TLS handshake, and those that asked for an upgrade.
// It counts neither among its own, so no time-out of its ends them, and neither does a stop.

import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/**
 * How long a request for an upgrade may wait for its answer: passwords are checked one at a time.
 */
const UPGRADE_TIMEOUT_MS = 30_000;

/**
 * Ends a connection whose upgrade came to nothing: nobody reads from it, so even that its peer is
 * gone goes unnoticed. (A WebSocket takes the time-out away.)
 *
 * @param timeoutMs How long one may take.
 */
export function limitUpgradeTime(app: FastifyInstance, timeoutMs = UPGRADE_TIMEOUT_MS): void {
  // First of all: the answer may be given at once, and takes the time-out away.
  app.server.prependListener('upgrade', ({ socket }: IncomingMessage) => {
    socket.setTimeout(timeoutMs, () => socket.destroy());
  });
}

/**
 * Has a bridge that closes end them, too: they would hold it up for ever. Call it after what has to
 * be closed in order has its own `preClose` hook.
 */
export function destroyConnectionsOnClose(app: FastifyInstance): void {
  const open = new Set<Socket>();
  let isClosing = false;
  app.server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    if (isClosing) socket.destroy();
  });
  app.addHook('preClose', async () => {
    isClosing = true;
    for (const socket of open) socket.destroy();
  });
}
