// A TCP service in the process of the test, which handles each connection as the test specifies.

import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { TlsFront, type TlsFrontOptions } from './tlsFront.ts';

export type Serve = (connection: TargetConnection) => void;

/** One connection from the bridge. Nothing is read from it before `socket.resume`. */
export class TargetConnection {
  readonly socket: Socket;
  /** Resolves with how the bridge's half ended: `end`, or the code of the error. */
  readonly ended: Promise<string>;
  /** What preceded the TLS handshake. */
  readonly header: Buffer;
  readonly #tcpSocket: Socket;

  constructor(socket: Socket, tcpSocket = socket, header: Buffer = Buffer.alloc(0)) {
    this.socket = socket;
    this.header = header;
    this.#tcpSocket = tcpSocket;
    this.ended = new Promise((resolve) => {
      socket.on('end', () => resolve('end'));
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      socket.on('close', () => resolve('close'));
    });
  }

  reset(): void {
    this.#tcpSocket.resetAndDestroy();
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
  readonly #serve: Serve;

  private constructor(server: Server, serve: Serve) {
    this.#server = server;
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('it has no port');
    this.port = address.port;
    ScriptedTarget.listening.add(this);
    this.#serve = serve;
  }

  static async listen(serve: Serve): Promise<ScriptedTarget> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const target = new ScriptedTarget(server, serve);
    server.on('connection', (socket) => target.#accept(new TargetConnection(socket)));
    return target;
  }

  /** One with TLS, and the certificate of tlsFile.ts. @param options Those of TlsFront. */
  static async listenTls(serve: Serve, options?: TlsFrontOptions): Promise<ScriptedTarget> {
    const { server } = await TlsFront.listen(
      (socket, tcpSocket, header) =>
        target.#accept(new TargetConnection(socket, tcpSocket, header)),
      options,
    );
    const target = new ScriptedTarget(server, serve);
    return target;
  }

  #accept(connection: TargetConnection): void {
    this.accepted++;
    this.connections.add(connection);
    connection.socket.on('close', () => this.connections.delete(connection));
    this.#serve(connection);
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
