// A raw connection that watches the message.

import { connect, type Socket } from 'node:net';
import { LineBuffer } from '../../testing/lineBuffer.ts';

export class WatchingClient {
  /** Resolves once the connection has closed. */
  readonly ended: Promise<void>;
  readonly #socket: Socket;
  readonly #onMessage: (message: string) => void;
  #isWatching = false;
  readonly #buffer = new LineBuffer();

  /** @param onMessage Called with the message in force, then with each later one. */
  constructor(port: number, onMessage: (message: string) => void) {
    this.#onMessage = onMessage;
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.setEncoding('utf8');
    this.#socket.on('data', (text: string) => this.#socketOnData(text));
    this.#socket.on('error', () => {});
    this.ended = new Promise((resolve) => {
      this.#socket.on('close', () => resolve());
    });
    this.#socket.write('MSGWATCH\n');
  }

  close(): void {
    this.#socket.destroy();
  }

  #socketOnData(text: string): void {
    for (const line of this.#buffer.push(text)) {
      if (this.#isWatching) this.#onMessage(line);
      else if (line === '200 OK') this.#isWatching = true;
      else this.#socket.destroy();
    }
  }
}
