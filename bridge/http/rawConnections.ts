// Connections that Node's HTTP server does not track: those in a TLS handshake, and those that
// requested an upgrade. None of its timeouts ends them, and closing the server does not either.

import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** How long an upgrade may take to complete. Passwords are checked one at a time. */
const UPGRADE_TIMEOUT_MS = 30_000;

/**
 * Ends a connection whose upgrade does not complete. Nothing reads from it, so that not even the
 * peer's disconnect would be noticed. ws clears the timeout when the WebSocket opens.
 */
export function limitUpgradeTime(app: FastifyInstance, timeoutMs = UPGRADE_TIMEOUT_MS): void {
  // Before other listeners: the upgrade may complete in one of them, which clears the timeout.
  app.server.prependListener('upgrade', ({ socket }: IncomingMessage) => {
    socket.setTimeout(timeoutMs, socketOnTimeout);
  });
}

function socketOnTimeout(this: Socket): void {
  this.destroy();
}

/**
 * Destroys all connections when the app closes; they would delay it forever. Call it after
 * everything that closes connections gracefully has registered its own `preClose` hook.
 */
export function destroyConnectionsOnClose(app: FastifyInstance): void {
  const open = new Set<Socket>();
  let isClosing = false;
  app.server.on('connection', (socket: Socket) => {
    open.add(socket);
    // Not `once`, whose wrapper costs more memory than the listener: a socket closes once.
    socket.on('close', () => open.delete(socket));
    if (isClosing) socket.destroy();
  });
  app.addHook('preClose', async () => {
    isClosing = true;
    for (const socket of open) socket.destroy();
  });
}
