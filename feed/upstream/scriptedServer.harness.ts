// A server whose answers a test decides, over real connections.

import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { openConnection } from '../../client/connect.ts';

/** @returns The answer to a command; `undefined` for none. */
export type Answer = (command: string, socket: Socket) => string | undefined;

export class ScriptedServer {
  /** Every command received. */
  readonly commands: string[] = [];
  readonly #watchers = new Set<Socket>();
  readonly #sockets = new Set<Socket>();
  #port = 0;

  static async start(answer: Answer): Promise<ScriptedServer> {
    const scripted = new ScriptedServer();
    const server = createServer((socket) => scripted.#serve(socket, answer));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    scripted.#port = (server.address() as AddressInfo).port;
    onTestFinished(() => {
      server.close();
      scripted.disconnect();
    });
    return scripted;
  }

  readonly open = () => openConnection({ host: '127.0.0.1', port: this.#port });

  get watchers(): number {
    return this.#watchers.size;
  }

  countOf(command: string): number {
    return this.commands.filter((each) => each === command).length;
  }

  /** Sends a message to every watcher. */
  announce(message: string): void {
    for (const socket of this.#watchers) socket.write(`${message}\n`);
  }

  disconnect(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #serve(socket: Socket, answer: Answer): void {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#watchers.delete(socket);
    });
    socket.on('data', (chunk) => {
      for (const command of String(chunk).split('\n').filter(Boolean)) {
        this.commands.push(command);
        if (command === 'MSGWATCH') this.#watchers.add(socket);
        const reply = answer(command, socket);
        if (reply !== undefined) socket.write(reply);
      }
    });
  }
}
