// Relays from the target to the browser: each read becomes one WebSocket frame.
//
//   state        the target is    next
//   reading      read             blocked: the browser does not accept a frame at once
//   blocked      not read         reading: every frame is sent
//   finishing    at its end       (none); once every frame is sent, the WebSocket is closed
//
//   any state: `finish` leads to finishing. The close frame must not precede a frame, and the close
//   timeout of ws, which begins with it, must not run while a slow browser still receives data.
//
// Backpressure: at most one chunk waits here (readBuffer.ts), then the target is not read. The
// kernel's socket buffers keep the throughput up. Once the WebSocket closes, what is read is
// discarded.
//
// This is the only place that writes frames past ws, straight to the socket: the read buffer has
// room for the frame's head, so that relaying copies and allocates nothing, and each read is one
// write. It is safe as long as ws writes each of its own frames (pings, pongs, close frames) in one
// piece, which it does without compression and Blobs. toBrowser.test.ts guards it: 'keeps every
// frame whole among the pings, pongs and the close frame that ws writes'.

import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { TargetCounters } from '../metrics.ts';
import type { CloseCode } from './closeCodes.ts';
import type { TargetSocket } from './connectTarget.ts';
import { ReadBuffer } from './readBuffer.ts';

/** How a socket reads (`onread` of `net.connect`). */
export interface ReadInto {
  buffer: () => Buffer;
  callback: (bytes: number) => boolean;
}

export interface ToBrowserContext {
  webSocket: WebSocket;
  /** The socket below the WebSocket. */
  browserSocket: Socket;
  counters: TargetCounters;
  /** Connects to the target. */
  connect: (onread: ReadInto) => TargetSocket;
  relay: Closable;
}

/** What closes the WebSocket when the target is at its end, and every frame is sent. */
interface Closable {
  close(code: CloseCode, reason: string): void;
}

type State =
  | { readonly is: 'reading' }
  | { readonly is: 'blocked' }
  | { readonly is: 'finishing'; readonly code: CloseCode; readonly reason: string };

// A move allocates nothing.
const READING: State = { is: 'reading' };
const BLOCKED: State = { is: 'blocked' };

export class ToBrowser {
  readonly targetSocket: TargetSocket;
  relayedBytes = 0;
  /** How many times reading was resumed. */
  resumes = 0;
  readonly #webSocket: WebSocket;
  readonly #browserSocket: Socket;
  readonly #counters: TargetCounters;
  readonly #relay: Closable;
  readonly #readBuffer = new ReadBuffer();
  /** Frames written to the browser's socket whose callback has not been called yet. */
  #unsentFrames = 0;
  #state: State = READING;

  constructor({ webSocket, browserSocket, counters, connect, relay }: ToBrowserContext) {
    this.#webSocket = webSocket;
    this.#browserSocket = browserSocket;
    this.#counters = counters;
    this.#relay = relay;
    this.targetSocket = connect({
      buffer: this.#readBuffer.next,
      callback: this.#targetSocketOnRead,
    });
  }

  /** The target is at its end: closes the WebSocket once every frame is sent. */
  finish(code: CloseCode, reason: string): void {
    this.#state = { is: 'finishing', code, reason };
    if (this.#unsentFrames === 0) this.#relay.close(code, reason);
  }

  readonly #targetSocketOnRead = (bytes: number): boolean => {
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return true;
    this.relayedBytes += bytes;
    this.#counters.bytesToBrowsers += bytes;
    this.#unsentFrames++;
    this.#browserSocket.write(this.#readBuffer.frame(bytes), this.#onFrameSent);
    const isBrowserBusy = this.#browserSocket.writableLength > 0;
    this.#readBuffer.prepare(bytes, isBrowserBusy);
    if (isBrowserBusy) {
      this.#state = BLOCKED;
      this.targetSocket.pause();
    }
    return true;
  };

  readonly #onFrameSent = (): void => {
    this.#unsentFrames--;
    if (this.#unsentFrames > 0) return;
    switch (this.#state.is) {
      case 'reading':
        return;
      case 'blocked':
        this.#state = READING;
        this.resumes++;
        this.targetSocket.resume();
        return;
      case 'finishing':
        this.#relay.close(this.#state.code, this.#state.reason);
    }
  };
}
