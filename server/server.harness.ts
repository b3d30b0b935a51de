// A real server on a free port, and real sockets as clients. Both are closed when the test
// finishes.

import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Endpoint } from '../access/endpoint.ts';
import { LocalQuota } from '../access/localQuota.ts';
import { PasswordGuard } from '../access/passwordGuard.ts';
import type { QuotaLimits } from '../access/quota.ts';
import { consoleLine } from './consoleLine.ts';
import type { ServerEvent } from './events.ts';
import { MessageInForce } from './messageInForce.ts';
import { MotdServer, type ServerOptions } from './server.ts';
import { openMemoryStore } from './stores/memory.ts';
import type { HistoryRecord } from './stores/record.ts';
import type { MessageStore } from './stores/store.ts';

export const APPLE = 'An apple a day keeps the doctor away.';

/** The longest text that `until` awaits. */
const MAX_AWAITED_BYTES = 64 * 1024;

export interface RunningServer extends Endpoint {
  server: MotdServer;
  /** The console lines so far. */
  console: string[];
}

export function memoryStore(historyLimit = 1000): MessageStore {
  return openMemoryStore({ historyLimit });
}

/** A store that completes its writes when `release` is called, but the first ones at once. */
export function blockedStore({ unblockedWrites = 0 } = {}) {
  const memory = memoryStore();
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let markCalled = () => {};
  const called = new Promise<void>((resolve) => {
    markCalled = resolve;
  });
  const store = {
    ...memory,
    append(record: HistoryRecord) {
      if (unblockedWrites-- > 0) return memory.append(record);
      markCalled();
      return released.then(() => memory.append(record));
    },
  };
  return { store, called, release: () => release() };
}

export type TestServerOptions = Partial<ServerOptions> & {
  limits?: Partial<QuotaLimits>;
  initialMessage?: string;
  /** The clock, in milliseconds since 1970. */
  now?: () => number;
};

/** A server that does not listen yet, its message in force, and its console lines. */
export function buildServer({ limits, ...options }: TestServerOptions = {}) {
  const console: string[] = [];
  const log = (event: ServerEvent) => {
    const line = consoleLine(event);
    if (line !== undefined) console.push(line);
  };
  const { store = memoryStore(), initialMessage = APPLE, now = Date.now } = options;
  const inForce = new MessageInForce({
    store,
    initialMessage,
    now,
    onClockChange: (message) => log({ event: 'changedByClock', message }),
  });
  onTestFinished(() => inForce.stop());
  const server = new MotdServer({
    store,
    inForce,
    passwords: new PasswordGuard((use) =>
      use === 'shutDown' ? async (bytes) => bytes === '123!abc' : undefined,
    ),
    connections: new LocalQuota({ total: 1000, perSource: 1000, ...limits }),
    idleTimeoutMs: 0,
    isTrustedProxy: () => false,
    log,
    ...options,
  });
  return { server, inForce, console };
}

export async function startServer(options?: TestServerOptions): Promise<RunningServer> {
  const { server, console } = buildServer(options);
  const endpoint = await server.listen('127.0.0.1', 0);
  onTestFinished(() => server.stop());
  return { server, console, ...endpoint };
}

export class TestClient {
  readonly socket: Socket;
  /** All bytes received, as a byte string. */
  received = '';
  /** The end of `received`, which is too long to be searched at each chunk. */
  #tail = '';
  #hasEnded = false;
  #wake = () => {};

  constructor({ host, port }: Endpoint) {
    this.socket = connect({ host, port, noDelay: true, allowHalfOpen: true });
    this.socket.on('data', (chunk: Buffer) => {
      const text = chunk.toString('latin1');
      this.received += text;
      this.#tail = (this.#tail + text).slice(-MAX_AWAITED_BYTES);
      this.#wake();
    });
    this.socket.on('end', () => this.#onEnd());
    this.socket.on('close', () => this.#onEnd());
    this.socket.on('error', () => {});
    onTestFinished(() => {
      this.socket.destroy();
    });
  }

  /** Writes each chunk (a byte string) by itself, after the previous one is sent. */
  async send(...chunks: string[]): Promise<void> {
    for (const chunk of chunks) {
      await new Promise((resolve) => this.socket.write(chunk, 'latin1', resolve));
    }
  }

  /**
   * Resolves when the bytes received so far end with `text`; rejects if the server closes first.
   */
  async until(text: string): Promise<void> {
    if (text.length > MAX_AWAITED_BYTES) throw new RangeError('the text is too long to await');
    while (!this.#tail.endsWith(text)) {
      if (this.#hasEnded) throw new Error(`closed; received ${JSON.stringify(this.received)}`);
      await this.#nextEvent();
    }
  }

  /** Half-closes. @returns All bytes received until the server closed. */
  async end(): Promise<string> {
    this.socket.end();
    return this.ended();
  }

  /** @returns All bytes received until the server closed. */
  async ended(): Promise<string> {
    while (!this.#hasEnded) await this.#nextEvent();
    return this.received;
  }

  #onEnd(): void {
    this.#hasEnded = true;
    this.#wake();
  }

  #nextEvent(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
