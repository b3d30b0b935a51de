// Serves a program as inetd(8) does: one process for each connection, whose standard input and
// output are the socket itself.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

export interface Inetd {
  port: number;
  /** Stops listening and ends every process. */
  close(): void;
}

export async function startInetd(command: string, args: readonly string[]): Promise<Inetd> {
  const children = new Set<ChildProcess>();
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    const child = spawn(command, args, { stdio: [socket, socket, 'ignore'], detached: true });
    children.add(child);
    child.on('exit', () => children.delete(child)).on('error', () => {});
    // The program has its own descriptor of the connection.
    socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      for (const { pid } of children) if (pid !== undefined) process.kill(-pid);
    },
  };
}
