// A TCP connection that the other end may reset at any moment.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export async function openConnection(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}
