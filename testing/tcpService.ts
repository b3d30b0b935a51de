// A TCP service on a loopback port, by default a free one, for tests that act as the other end of a
// connection.

import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

export interface TcpService {
  port: number;
  /** How many connections have closed. */
  closedCount(): number;
  /** Stops listening and closes every connection. */
  close(): void;
}

/** Starts a service. Errors of its connections are ignored. */
export async function startTcpService(
  onConnection: (socket: Socket) => void,
  { allowHalfOpen = false, port: chosen = 0 } = {},
): Promise<TcpService> {
  const sockets = new Set<Socket>();
  let closed = 0;
  const server = createServer({ allowHalfOpen, noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => closed++);
    onConnection(socket);
  });
  server.listen(chosen, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    closedCount: () => closed,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/**
 * Starts a service that reads lines.
 *
 * @param answer Returns what to send for a line; an empty text for nothing.
 */
export function startLineService(
  answer: (line: string, socket: Socket) => string,
): Promise<TcpService> {
  return startTcpService((socket) => {
    createInterface({ input: socket })
      .on('line', (line) => socket.write(answer(line, socket)))
      .on('error', () => {});
  });
}
