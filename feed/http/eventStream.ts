// One reader of `/message/events`, and what it was sent last.
//
// Nothing is queued for a reader that does not read: when it reads again, it is sent the message in
// force then, and what it missed is left out. So its memory is bounded by the socket's own buffer.

import type { ServerResponse } from 'node:http';

/** What all readers have to know. Each is a complete event, prepared once. */
export interface CurrentEvents {
  /** `undefined` before the server was reached. */
  message: Buffer | undefined;
  server: Buffer;
}

export class EventStream {
  readonly openedAtMs = performance.now();
  readonly #response: ServerResponse;
  readonly #current: CurrentEvents;
  /** The events that the reader missed before it connected. */
  #missed: Buffer[];
  #sentMessage: Buffer | undefined;
  #sentServer: Buffer | undefined;
  #blockedSinceMs: number | undefined;

  /**
   * @param response Its head is sent already.
   * @param current Changes over time; `update` is called then.
   * @param missed The events to send first; without `current.message`, if the reader has it.
   * @param known What the reader knows already.
   */
  constructor(
    response: ServerResponse,
    current: CurrentEvents,
    missed: Buffer[],
    known: Partial<CurrentEvents>,
  ) {
    this.#response = response;
    this.#current = current;
    this.#missed = missed;
    this.#sentMessage = known.message;
    this.#sentServer = known.server;
    response.on('drain', () => this.#onDrain());
    this.#send();
  }

  /** Since when the reader has not read what it was sent; `undefined` if it has. */
  get blockedSinceMs(): number | undefined {
    return this.#blockedSinceMs;
  }

  get isBlocked(): boolean {
    return this.#blockedSinceMs !== undefined;
  }

  /** Sends what has changed. */
  update(): void {
    if (this.isBlocked) this.#missed = [];
    else this.#send();
  }

  /** Sends a comment. */
  beat(heartbeat: Buffer): void {
    if (!this.isBlocked) this.#write(heartbeat);
  }

  close(): void {
    this.#response.destroy();
  }

  #onDrain(): void {
    this.#blockedSinceMs = undefined;
    this.#send();
  }

  #send(): void {
    while (!this.isBlocked) {
      const event = this.#nextEvent();
      if (event === undefined) return;
      this.#write(event);
    }
  }

  #nextEvent(): Buffer | undefined {
    const { message, server } = this.#current;
    const missed = this.#missed.shift();
    if (missed !== undefined) return missed;
    if (message !== this.#sentMessage) {
      this.#sentMessage = message;
      return message;
    }
    if (server === this.#sentServer) return undefined;
    this.#sentServer = server;
    return server;
  }

  #write(bytes: Buffer): void {
    if (!this.#response.write(bytes)) this.#blockedSinceMs ??= performance.now();
  }
}
