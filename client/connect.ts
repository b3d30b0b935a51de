// Opens the connection a client talks over.

import { connect, type Socket } from 'node:net';

/**
 * Connects to a server.
 *
 * @throws Node's error where that cannot be (ECONNREFUSED, ENOTFOUND, ETIMEDOUT and their like).
 */
export function openConnection(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true, keepAlive: true });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}
