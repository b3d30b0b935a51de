// One raw connection that watches.

import { connect, type Socket } from 'node:net';

export class WatchingClient {
  /** Settles once the connection has ended, by whomever. */
  readonly ended: Promise<void>;
  readonly #socket: Socket;
  readonly #onMessage: (message: string) => void;
  #isWatching = false;
  #rest = '';

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
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      if (this.#isWatching) this.#onMessage(line);
      else if (line === '200 OK') this.#isWatching = true;
      else this.#socket.destroy();
    }
  }
}
