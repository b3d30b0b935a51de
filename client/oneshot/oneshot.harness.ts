// A connection to a server whose replies a test gives.

import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { onTestFinished } from 'vitest';
import { openConnection } from '../connect.ts';

/** Connects to a server that sends the next reply for each chunk; for `undefined`, it closes. */
export async function connectionTo(...replies: (string | undefined)[]) {
  const received: string[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      received.push(...chunk.toString().trimEnd().split('\n'));
      const reply = replies.shift();
      if (reply === undefined) socket.destroy();
      else socket.write(reply);
    });
  }).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = await openConnection({ host: '127.0.0.1', port });
  onTestFinished(() => {
    socket.destroy();
  });
  return { socket, received };
}
