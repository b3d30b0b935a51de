// A client that sends exactly the given bytes, and reads replies line by line. With a test fixture
// that closes every connection, and servers without a log.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { LineBuffer } from '../../testing/lineBuffer.ts';
import { listeningPort } from '../../testing/procFs.ts';
import { Program } from '../../testing/programs.ts';
import { scaled } from '../../testing/scale.ts';
import { test as base, expect, type ListeningProgram } from '../fixtures.ts';

/** How long a reply may take, before the test fails. */
const TIMEOUT_MS = scaled(60_000, 400_000);

/** How many connect at a time: below 511, the default backlog of Node's `listen`. */
const CONNECT_BATCH_SIZE = 200;

interface Expectation {
  count: number;
  resolve: (lines: string[]) => void;
  reject: (error: Error) => void;
  timer: NodeJS.Timeout;
}

export interface RawClientOptions {
  /** The client address in its PROXY header; without one, no header is sent. */
  source?: string;
  /** Does not read until `startReading`. */
  startsPaused?: boolean;
}

export class RawClient {
  /** Clients that are connected. */
  static readonly open = new Set<RawClient>();
  readonly socket: Socket;
  /** Resolves once the connection has closed, for any reason. */
  readonly closed: Promise<void>;
  readonly #buffer = new LineBuffer();
  #lines: string[] = [];
  #expected: Expectation | undefined;
  #isClosed = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    RawClient.open.add(this);
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        RawClient.open.delete(this);
        this.#isClosed = true;
        this.#deliver();
        resolve();
      });
    });
  }

  /** Connects, and sends a PROXY header if there is a source. */
  static async connect(
    port: number,
    { source, startsPaused = false }: RawClientOptions = {},
  ): Promise<RawClient> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    const client = new RawClient(socket);
    await once(socket, 'connect');
    if (!startsPaused) client.startReading();
    if (source !== undefined) client.send(proxyHeader(source));
    return client;
  }

  /** Connects many clients, a few at a time. */
  static async connectMany(
    count: number,
    port: number,
    options?: RawClientOptions,
  ): Promise<RawClient[]> {
    const clients: RawClient[] = [];
    while (clients.length < count) {
      const batch = Math.min(CONNECT_BATCH_SIZE, count - clients.length);
      const connecting = Array.from({ length: batch }, () => RawClient.connect(port, options));
      clients.push(...(await Promise.all(connecting)));
    }
    return clients;
  }

  static async disconnectAll(): Promise<void> {
    await Promise.all([...RawClient.open].map((client) => client.disconnect()));
  }

  startReading(): void {
    this.socket.setEncoding('utf8').on('data', (text: string) => this.#receive(text));
  }

  send(bytes: string | Buffer): void {
    this.socket.write(bytes);
  }

  /** The next lines that the server sends, without their LFs. Fails if it closes before. */
  nextLines(count: number): Promise<string[]> {
    return new Promise((resolve, reject) => {
      const fail = () => {
        this.#expected = undefined;
        reject(new Error(`only ${this.#lines.length} of ${count} lines came`));
      };
      const timer = setTimeout(fail, TIMEOUT_MS);
      this.#expected = { count, resolve, reject, timer };
      this.#deliver();
    });
  }

  /** Sends a request, and resolves with the next `count` lines. */
  request(bytes: string | Buffer, count: number): Promise<string[]> {
    this.send(bytes);
    return this.nextLines(count);
  }

  /** All lines that were not read yet, once the server has closed. */
  async remainingLines(): Promise<string[]> {
    await this.closed;
    return this.#lines.splice(0);
  }

  /** Closes, and resolves once that is done. */
  async disconnect(): Promise<void> {
    this.socket.destroy();
    await this.closed;
  }

  #receive(text: string): void {
    for (const line of this.#buffer.push(text)) this.#lines.push(line);
    this.#deliver();
  }

  #deliver(): void {
    if (this.#expected === undefined) return;
    const { count, resolve, reject, timer } = this.#expected;
    const isEnough = this.#lines.length >= count;
    if (!isEnough && !this.#isClosed) return;
    clearTimeout(timer);
    this.#expected = undefined;
    if (isEnough) resolve(this.#lines.splice(0, count));
    else reject(new Error(`closed after ${this.#lines.length} of ${count} lines`));
  }
}

/**
 * The PROXY header that gives a server another client address (PROTOCOL.md, "The PROXY header").
 */
export function proxyHeader(source: string): string {
  return source.includes(':')
    ? `PROXY TCP6 ${source} ::1 50000 26310\r\n`
    : `PROXY TCP4 ${source} 127.0.0.1 50000 26310\r\n`;
}

/** Enough quota for every connection of a test, all of which come from one source. */
export const AMPLE_QUOTAS = ['--max-connections', '20000', '--max-connections-per-source', '20000'];

/**
 * Starts a server without a log, so that only its work is measured. It trusts PROXY headers from
 * this machine. Needs Linux.
 */
export async function startSilentServer(
  flags: readonly string[] = AMPLE_QUOTAS,
): Promise<ListeningProgram> {
  const program = Program.motd(['serve', '--port', '0', '--log', 'silent', ...flags], {
    MOTD_TRUST_PROXY: '127.0.0.1',
  });
  return { program, port: await portOf(program) };
}

/** The port a program listens on, once it does. */
export async function portOf(program: Program): Promise<number> {
  let port: number | undefined;
  await expect
    .poll(() => {
      port = listeningPort(pidOf(program));
      return port;
    })
    .toBeDefined();
  if (port === undefined) throw new Error('it listens nowhere');
  return port;
}

export function pidOf({ process: { pid } }: Program): number {
  if (pid === undefined) throw new Error('it did not start');
  return pid;
}

// biome-ignore-start lint/correctness/noEmptyPattern: Playwright reads there which fixtures one needs.
export const test = base.extend<{ disconnectClients: undefined }>({
  disconnectClients: [
    async ({}, use) => {
      await use(undefined);
      await RawClient.disconnectAll();
    },
    { auto: true },
  ],
});
// biome-ignore-end lint/correctness/noEmptyPattern: see above.
