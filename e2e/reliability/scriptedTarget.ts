// A TCP service in the process of the test, which handles each connection as the test specifies.

import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';

export type Serve = (connection: TargetConnection) => void;

/** One connection from the bridge. Nothing is read from it before `socket.resume`. */
export class TargetConnection {
  readonly socket: Socket;
  /** Resolves with how the bridge's half ended: `end`, or the code of the error. */
  readonly ended: Promise<string>;

  constructor(socket: Socket) {
    this.socket = socket;
    this.ended = new Promise((resolve) => {
      socket.on('end', () => resolve('end'));
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      socket.on('close', () => resolve('close'));
    });
  }
}

export class ScriptedTarget {
  /** Services that are listening. */
  static readonly listening = new Set<ScriptedTarget>();
  readonly port: number;
  /** The open connections. */
  readonly connections = new Set<TargetConnection>();
  /** The number of accepted connections so far. */
  accepted = 0;
  readonly #server: Server;

  private constructor(server: Server, serve: Serve) {
    this.#server = server;
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('it has no port');
    this.port = address.port;
    ScriptedTarget.listening.add(this);
    server.on('connection', (socket) => {
      const connection = new TargetConnection(socket);
      this.accepted++;
      this.connections.add(connection);
      socket.on('close', () => this.connections.delete(connection));
      serve(connection);
    });
  }

  static async listen(serve: Serve): Promise<ScriptedTarget> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new ScriptedTarget(server, serve);
  }

  /** `HOST:PORT`, for `--target`. */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  close(): void {
    ScriptedTarget.listening.delete(this);
    this.#server.close();
    for (const { socket } of this.connections) socket.destroy();
  }
}

export const echo: Serve = ({ socket }) => void socket.pipe(socket);
