// All readers of `/message/events`. They are sent each change in rounds, as the server's watchers
// are (server/watchers.ts):
//
//   state        event            next state
//   idle         publish          sending
//   sending      publish          sendingOld
//                end of a round   idle
//   sendingOld   publish          sendingOld
//                end of a round   sending

import { setImmediate } from 'node:timers/promises';
import type { FastifyReply } from 'fastify';
import { HEARTBEAT, SERVER_CONNECTED, SERVER_LOST } from '../content/events.pure.ts';
import { type CurrentEvents, EventStream } from './eventStream.ts';

/** How many readers are sent a change per iteration of the event loop, which serves others, too. */
const SLICE_SIZE = 256;

/** How long a reader may leave unread what it was sent, as for any other response. */
const READ_TIMEOUT_MS = 60_000;

/** How often both limits of time are checked, at least. */
const CHECK_INTERVAL_MS = 5_000;

const bytes = {
  heartbeat: Buffer.from(HEARTBEAT),
  lost: Buffer.from(SERVER_LOST),
  connected: Buffer.from(SERVER_CONNECTED),
};

export const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  // nginx would collect the events in a buffer (ngx_http_proxy_module, proxy_buffering).
  'x-accel-buffering': 'no',
  connection: 'close',
};

export interface EventStreamsOptions {
  /** The time between two comments. */
  heartbeatMs: number;
  /** A reader is disconnected after this long, and connects again; 0 is never. */
  maxLifetimeMs: number;
  /** How long a reader may leave unread what it was sent; by default, a minute. */
  readTimeoutMs?: number | undefined;
}

export class EventStreams {
  readonly #maxLifetimeMs: number;
  readonly #readTimeoutMs: number;
  readonly #streams = new Set<EventStream>();
  readonly #current: CurrentEvents = { message: undefined, server: bytes.connected };
  readonly #timers: NodeJS.Timeout[];
  #state: 'idle' | 'sending' | 'sendingOld' = 'idle';

  constructor({ heartbeatMs, maxLifetimeMs, readTimeoutMs }: EventStreamsOptions) {
    this.#maxLifetimeMs = maxLifetimeMs;
    this.#readTimeoutMs = readTimeoutMs ?? READ_TIMEOUT_MS;
    this.#timers = [
      setInterval(() => this.#closeOverdue(), Math.min(heartbeatMs, CHECK_INTERVAL_MS)).unref(),
      setInterval(() => this.#beat(), heartbeatMs).unref(),
    ];
  }

  [Symbol.iterator](): Iterator<EventStream> {
    return this.#streams.values();
  }

  /** The number of readers. */
  get size(): number {
    return this.#streams.size;
  }

  /** Sends an event to every reader, unless it is the last one again. */
  publishMessage(event: string): void {
    const message = Buffer.from(event);
    if (this.#current.message?.equals(message)) return;
    this.#current.message = message;
    this.#notify();
  }

  /** Sends every reader whether the message may be out of date. */
  publishServer(isConnected: boolean): void {
    const server = isConnected ? bytes.connected : bytes.lost;
    if (this.#current.server === server) return;
    this.#current.server = server;
    this.#notify();
  }

  /**
   * Responds with the stream of events.
   *
   * @param missed The events that the reader missed, oldest first, without the message in force.
   * @param knowsCurrent Whether the reader has the message in force.
   */
  open(reply: FastifyReply, missed: Buffer[], knowsCurrent: boolean): void {
    reply.headers(STREAM_HEADERS).hijack();
    const { raw } = reply;
    if (raw.destroyed) return;
    // A write may fail before 'close'.
    raw.on('error', () => {});
    // No chunks: the stream is the last response on its connection, and ends with it.
    raw.useChunkedEncodingByDefault = false;
    for (const [name, value = ''] of Object.entries(reply.getHeaders())) raw.setHeader(name, value);
    raw.flushHeaders();
    const stream = new EventStream(raw, this.#current, missed, {
      // A reader is sent the loss of the server only. Until it is lost, it counts as connected, also
      // before the first connection.
      server: bytes.connected,
      ...(knowsCurrent && { message: this.#current.message }),
    });
    this.#streams.add(stream);
    raw.once('close', () => this.#streams.delete(stream));
  }

  /** Disconnects every reader. */
  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    for (const stream of this.#streams) stream.close();
  }

  #notify(): void {
    if (this.#state === 'idle') void this.#startRound();
    else this.#state = 'sendingOld';
  }

  async #startRound(): Promise<void> {
    this.#state = 'sending';
    let updated = 0;
    for (const stream of this.#streams) {
      stream.update();
      if (++updated % SLICE_SIZE === 0) await setImmediate();
    }
    this.#endRound();
  }

  #endRound(): void {
    if (this.#state === 'sendingOld') void this.#startRound();
    else this.#state = 'idle';
  }

  #beat(): void {
    for (const stream of this.#streams) stream.beat(bytes.heartbeat);
  }

  #closeOverdue(): void {
    const nowMs = performance.now();
    for (const stream of this.#streams) if (this.#mustClose(stream, nowMs)) stream.close();
  }

  #mustClose({ openedAtMs, blockedSinceMs }: EventStream, nowMs: number): boolean {
    if (this.#maxLifetimeMs > 0 && nowMs - openedAtMs > this.#maxLifetimeMs) return true;
    return blockedSinceMs !== undefined && nowMs - blockedSinceMs > this.#readTimeoutMs;
  }
}
