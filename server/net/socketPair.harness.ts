// Both ends of a TCP connection, in this process. They are closed when the test finishes.

import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { listeningEndpoint } from '../../access/endpoint.ts';

/** @returns The accepted socket, and its peer. Both may be half-closed, and neither is read yet. */
export async function socketPair(): Promise<{ socket: Socket; peer: Socket }> {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { host, port } = listeningEndpoint(server);
  const peer = connect({ host, port, allowHalfOpen: true });
  const [socket]: Socket[] = await once(server, 'connection');
  if (socket === undefined) throw new Error('no connection');
  for (const end of [socket, peer]) {
    end.on('error', () => {});
    onTestFinished(() => void end.destroy());
  }
  server.close();
  return { socket, peer };
}
