// One connection of the load: a raw socket. All of them read into one buffer, so that reading
// allocates nothing, and the load spends its time on the system calls.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const READ_BUFFER = Buffer.allocUnsafe(256 * 1024);

export class LoadConnection {
  /** Takes what arrived. The memory is used again for the next read, also of another connection. */
  onBytes: (bytes: Buffer) => void = () => {};
  /** Hears once that the connection is over, whoever ended it. */
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

  /** Connects to a port of this machine; rejects where nobody listens. */
  static async open(port: number): Promise<LoadConnection> {
    const connection = new LoadConnection(port);
    await once(connection.#socket, 'connect');
    // A broken connection is a closed one: 'close' follows.
    connection.#socket.on('error', () => {});
    connection.#socket.on('close', () => connection.onClosed());
    return connection;
  }

  write(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  /** Ends it at once, unheard. */
  destroy(): void {
    this.onBytes = () => {};
    this.onClosed = () => {};
    this.#socket.destroy();
  }
}
