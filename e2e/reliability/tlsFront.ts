// A TLS server behind a TCP socket that tests can reset: Node cannot reset a TLS socket.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { tlsFile } from '../../testing/tlsFile.ts';

export interface TlsFrontOptions {
  /** Whether a PROXY header of version 1 precedes each handshake. */
  expectsHeader?: boolean;
}

type OnConnection = (socket: TLSSocket, tcpSocket: Socket, header: Buffer) => void;

export class TlsFront {
  readonly server: Server;
  /** What each connection began with, by the port from which it reaches the TLS server. */
  readonly #arriving = new Map<number, { tcpSocket: Socket; header: Buffer }>();

  private constructor(server: Server) {
    this.server = server;
  }

  static async listen(
    onConnection: OnConnection,
    { expectsHeader = false }: TlsFrontOptions = {},
  ): Promise<TlsFront> {
    const identity = { cert: readFileSync(tlsFile('cert')), key: readFileSync(tlsFile('key')) };
    const tlsServer = createTlsServer({ ...identity, allowHalfOpen: true, noDelay: true });
    tlsServer.listen(0, '127.0.0.1');
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    server.listen(0, '127.0.0.1');
    await Promise.all([once(tlsServer, 'listening'), once(server, 'listening')]);
    const front = new TlsFront(server);
    const { port } = tlsServer.address() as AddressInfo;
    server.on('connection', (socket) => void front.#forward(socket, port, expectsHeader));
    server.on('close', () => tlsServer.close());
    tlsServer.on('tlsClientError', () => {});
    tlsServer.on('secureConnection', (socket) => {
      const arrived = front.#arriving.get(socket.remotePort ?? 0);
      if (arrived === undefined) throw new Error('it did not come through the front');
      front.#arriving.delete(socket.remotePort ?? 0);
      // A TLS 1.3 server on Node that ends its stream while it handles the end of the handshake loses
      // the record that follows (Node 20).
      setImmediate(() => onConnection(socket, arrived.tcpSocket, arrived.header));
    });
    return front;
  }

  async #forward(tcpSocket: Socket, port: number, expectsHeader: boolean): Promise<void> {
    tcpSocket.on('error', () => {});
    const header = expectsHeader ? await takeLine(tcpSocket) : Buffer.alloc(0);
    const inner = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    inner.on('error', () => {});
    inner.once('connect', () => {
      this.#arriving.set(inner.localPort ?? 0, { tcpSocket, header });
      tcpSocket.pipe(inner).pipe(tcpSocket);
    });
    tcpSocket.on('close', () => inner.destroy());
    inner.on('close', () => tcpSocket.destroySoon());
  }
}

/** Reads up to the first LF; what follows is still to be read. */
async function takeLine(socket: Socket): Promise<Buffer> {
  await once(socket, 'readable');
  const bytes: Buffer = socket.read() ?? Buffer.alloc(0);
  const end = bytes.indexOf('\n') + 1;
  socket.unshift(bytes.subarray(end));
  return bytes.subarray(0, end);
}
