// One connection of a load generator: a raw socket. All connections read into one buffer, so that
// reading allocates nothing and the generator spends its time in system calls.
// testing/rawWebSocket.ts is not used here: it checks what it receives, which costs too much.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const READ_BUFFER = Buffer.allocUnsafe(256 * 1024);

export class LoadConnection {
  /** Gets the bytes that arrived. The next read, of any connection, reuses their memory. */
  onBytes: (bytes: Buffer) => void = () => {};
  /** Called once when the connection has closed, by either end. */
  onClosed: () => void = () => {};
  readonly #socket: Socket;

  private constructor(port: number) {
    this.#socket = connect({
      host: '127.0.0.1',
      port,
      noDelay: true,
      onread: {
        buffer: READ_BUFFER,
        callback: (byteLength) => {
          this.onBytes(READ_BUFFER.subarray(0, byteLength));
          return true;
        },
      },
    });
  }

  /** Connects to a loopback port. Rejects if nothing listens there. */
  static async open(port: number): Promise<LoadConnection> {
    const connection = new LoadConnection(port);
    await once(connection.#socket, 'connect');
    // 'close' follows an error.
    connection.#socket.on('error', () => {});
    connection.#socket.on('close', () => connection.onClosed());
    return connection;
  }

  write(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  /** Closes immediately, without calling `onClosed`. */
  destroy(): void {
    this.onBytes = () => {};
    this.onClosed = () => {};
    this.#socket.destroy();
  }
}
