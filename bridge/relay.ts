// Bytes between a WebSocket and a TCP socket, both ways, as they come. No grammar here.
// Either side being slow stops reading from the other, so what is in flight stays bounded.

import { connect, type Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { CLOSE, type CloseCode } from './closeCodes.ts';
import { type ConnectionEnds, proxyLine } from './proxyLine.ts';
import type { Target } from './targets.ts';

/** Reading from the target stops while more than this waits for the browser, in bytes. */
const HIGH_WATER_BYTES = 1024 * 1024;

/** How long the target may take to accept a connection. */
const CONNECT_TIMEOUT_MS = 10_000;

/** How long the target may go on talking after the browser has gone. */
const DRAIN_DEADLINE_MS = 10_000;

/**
 * Connects a WebSocket that has just opened to a target, and relays until either side ends.
 * Closes the WebSocket with a code and words (closeCodes.ts); never throws.
 *
 * @param browser The connection the WebSocket came in on: a target may have to be told whose it is.
 */
export function relay(webSocket: WebSocket, target: Target, browser: ConnectionEnds): void {
  new Relay(webSocket, target).start(browser);
}

class Relay {
  readonly #webSocket: WebSocket;
  readonly #target: Target;
  readonly #tcp: Socket;

  constructor(webSocket: WebSocket, target: Target) {
    const { host, port } = target;
    this.#webSocket = webSocket;
    this.#target = target;
    this.#tcp = connect({ host, port, noDelay: true, keepAlive: true, allowHalfOpen: true });
  }

  start(browser: ConnectionEnds): void {
    // Written while still connecting: nothing the browser says can get ahead of it.
    if (this.#target.expectsProxyLine) this.#tcp.write(proxyLine(browser));
    this.#webSocket.pause();
    this.#webSocket.on('message', (data: Buffer) => this.#webSocketOnMessage(data));
    this.#webSocket.on('close', () => this.#webSocketOnClose());
    this.#tcp.setTimeout(CONNECT_TIMEOUT_MS);
    this.#tcp.on('connect', () => this.#tcpOnConnect());
    this.#tcp.on('timeout', () => this.#tcpOnTimeout());
    this.#tcp.on('data', (chunk: Buffer) => this.#tcpOnData(chunk));
    this.#tcp.on('drain', () => this.#webSocket.resume());
    this.#tcp.on('end', () => this.#tcpOnEnd());
    this.#tcp.on('error', (error) => this.#tcpOnError(error));
  }

  #webSocketOnMessage(data: Buffer): void {
    // What a browser says after we have begun to close has nowhere to go.
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return;
    if (!this.#tcp.write(data)) this.#webSocket.pause();
  }

  /**
   * The browser's end is gone: the target hears its end of the stream, and may finish. It has
   * nobody to talk to, and does not hold up the end of this process.
   */
  #webSocketOnClose(): void {
    if (this.#tcp.connecting) this.#tcp.destroy();
    if (this.#tcp.destroyed) return;

    this.#tcp.end();
    this.#tcp.removeAllListeners('data');
    this.#tcp.resume();
    this.#tcp.unref();
    const deadline = setTimeout(() => this.#tcp.destroy(), DRAIN_DEADLINE_MS).unref();
    this.#tcp.once('close', () => clearTimeout(deadline));
  }

  #tcpOnConnect(): void {
    this.#tcp.setTimeout(0);
    this.#webSocket.resume();
  }

  #tcpOnTimeout(): void {
    this.#tcp.destroy();
    this.#close(CLOSE.badGateway, `${this.#target.name} did not answer in time`);
  }

  #tcpOnData(chunk: Buffer): void {
    this.#webSocket.send(chunk, this.#onSent);
    if (this.#webSocket.bufferedAmount > HIGH_WATER_BYTES) this.#tcp.pause();
  }

  // A ws socket has no 'drain'; it calls back for each frame once that has been handed on.
  readonly #onSent = (): void => {
    if (this.#tcp.isPaused() && this.#webSocket.bufferedAmount <= HIGH_WATER_BYTES / 2) {
      this.#tcp.resume();
    }
  };

  #tcpOnEnd(): void {
    this.#close(CLOSE.done, `${this.#target.name} closed the connection`);
  }

  #tcpOnError(error: NodeJS.ErrnoException): void {
    this.#close(CLOSE.badGateway, reasonFor(error, this.#target.name));
  }

  /** Everything sent before leaves before the close frame does. */
  #close(code: CloseCode, reason: string): void {
    // A paused WebSocket would never read the peer's close frame.
    this.#webSocket.resume();
    this.#webSocket.close(code, reason);
  }
}

/** Why a connection to a target failed, in words that fit a close frame (123 bytes). */
function reasonFor({ code }: NodeJS.ErrnoException, name: string): string {
  switch (code) {
    case 'ECONNREFUSED':
      return `${name} refused the connection: is it running?`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${name}: its host name was not found`;
    case 'ETIMEDOUT':
      return `${name} did not answer in time`;
    case 'ECONNRESET':
    case 'EPIPE':
      return `${name} broke the connection`;
    default:
      return `${name} could not be reached: ${code ?? 'unknown error'}`;
  }
}
