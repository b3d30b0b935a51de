// A WebSocket that may open before its listener exists: its events wait until then.
//
// The page's first one is opened by the script in index.html (earlySocket.ts), while the browser
// still loads the page's own script.

export interface SocketListener {
  opened(): void;
  /** @param data Of the target; or, in a text frame, of the bridge. */
  received(data: ArrayBuffer | string): void;
  /** Called once, also if the WebSocket never opened. */
  closed(code: number, reason: string): void;
}

type SocketEvent = (listener: SocketListener) => void;

export class BufferedSocket {
  readonly #webSocket: WebSocket;
  /** The events that no listener has received yet. */
  readonly #waiting: SocketEvent[] = [];
  #listener: SocketListener | undefined;

  /** Opens a WebSocket. */
  constructor(url: URL) {
    this.#webSocket = new WebSocket(url);
    this.#webSocket.binaryType = 'arraybuffer';
    this.#webSocket.addEventListener('open', () => this.#emit((listener) => listener.opened()));
    this.#webSocket.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer | string>) =>
      this.#emit((listener) => listener.received(data)),
    );
    this.#webSocket.addEventListener('close', ({ code, reason }) =>
      this.#emit((listener) => listener.closed(code, reason)),
    );
  }

  /**
   * Passes on the events that wait, after the current call stack, and then each further one as it
   * comes. Call it once.
   */
  listen(listener: SocketListener): void {
    queueMicrotask(() => {
      this.#listener = listener;
      for (const event of this.#waiting.splice(0)) event(listener);
    });
  }

  send(text: string): void {
    this.#webSocket.send(text);
  }

  close(): void {
    this.#webSocket.close();
  }

  #emit(event: SocketEvent): void {
    if (this.#listener === undefined) this.#waiting.push(event);
    else event(this.#listener);
  }
}
