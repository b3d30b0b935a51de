// One exchange with the message server, in a session of its own: the terminal's is not disturbed.

import { ReconnectingSocket } from './reconnectingSocket.ts';

/** The longest silence of the server before an exchange fails. */
const SILENCE_TIMEOUT_MS = 10_000;

export interface ExchangeListener {
  /** Text from the server, in chunks that may end anywhere. */
  received(text: string): void;
  /** The connection ended, or the server is silent. No event follows. */
  failed(reason: string): void;
}

export class ServerExchange {
  readonly #socket: ReconnectingSocket;
  /** `undefined` once the exchange is over. */
  #listener: ExchangeListener | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;

  /**
   * Connects, and sends the first text.
   *
   * @param url The WebSocket URL of the message server at the bridge.
   */
  constructor(url: URL, firstText: string, listener: ExchangeListener) {
    this.#listener = listener;
    this.#socket = new ReconnectingSocket(url, {
      opened: () => this.#socket.send(firstText),
      received: (text) => {
        this.#restartSilence('the server stopped answering');
        this.#listener?.received(text);
      },
      closed: () => {},
      stateChanged: (state) => {
        if (state.is === 'ended') this.#fail(state.reason);
      },
    });
    this.#restartSilence('the server did not answer');
    // The user decides whether to try again.
    this.#socket.connect('once');
  }

  send(text: string): void {
    this.#socket.send(text);
  }

  /** Closes the session, and ignores its last events. */
  close(): void {
    clearTimeout(this.#silence);
    this.#listener = undefined;
    this.#socket.close();
  }

  /** @param reason Why the exchange fails if no more text arrives. */
  #restartSilence(reason: string): void {
    clearTimeout(this.#silence);
    if (this.#listener === undefined) return;
    this.#silence = setTimeout(() => this.#fail(reason), SILENCE_TIMEOUT_MS);
  }

  #fail(reason: string): void {
    const listener = this.#listener;
    this.close();
    listener?.failed(reason);
  }
}
