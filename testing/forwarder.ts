// A TCP forwarder that can be cut, for tests of programs that must survive network failures. Needs
// no root privileges.

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/**
 * How the forwarder fails.
 *
 * `rejects`: every open connection and every new one is reset, as by a firewall that rejects.
 * `drops`: connections stay open and new ones are accepted, but no byte gets through, as by a
 * firewall that drops: only a timeout detects it. The dropped bytes are lost, so such a connection
 * is reset when the forwarder is healed: TCP allows no gap in a stream. The kernel completes the
 * handshake of new connections: dropping their SYNs would need root.
 */
export type NetworkFault = 'rejects' | 'drops';

/** How many first bytes of a connection are searched for the peer that opened it. */
const MAX_FIRST_BYTES = 8192;

interface Pair {
  inner: Socket;
  outer: Socket;
  /** The peer that opened it, if its first bytes name the peer. */
  from: string | undefined;
  hasLostBytes: boolean;
}

export interface ForwarderOptions {
  /** The port to forward to, on 127.0.0.1. */
  to: number;
  /**
   * Finds the peer in the first bytes of a connection; `undefined` if more bytes are needed.
   * Without it, all connections are treated alike.
   */
  readFrom?: (firstBytes: string) => string | undefined;
  /** How connections of this origin fail now; `undefined` if they work. */
  cut: (from: string | undefined) => NetworkFault | undefined;
}

export class Forwarder {
  readonly #options: ForwarderOptions;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();

  private constructor(options: ForwarderOptions) {
    this.#options = options;
    this.#server = createServer({ noDelay: true }, (outer) => this.#serverOnConnection(outer));
  }

  /** Starts a forwarder on a port that the system picks. */
  static async start(options: ForwarderOptions): Promise<Forwarder> {
    const forwarder = new Forwarder(options);
    forwarder.#server.listen(0, '127.0.0.1');
    await once(forwarder.#server, 'listening');
    return forwarder;
  }

  get port(): number {
    const { port } = this.#server.address() as AddressInfo;
    return port;
  }

  /** Applies the current result of `cut` to open connections. Call it after every change. */
  applyCut(): void {
    for (const pair of this.#pairs) {
      const cut = this.#options.cut(pair.from);
      if (cut === 'rejects' || (cut === undefined && pair.hasLostBytes)) reset(pair);
      if (cut === 'drops') pair.hasLostBytes = true;
    }
  }

  async close(): Promise<void> {
    for (const pair of this.#pairs) reset(pair);
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serverOnConnection(outer: Socket): void {
    outer.on('error', () => {});
    if (this.#options.cut(undefined) === 'rejects') {
      outer.resetAndDestroy();
      return;
    }
    const inner = connect({ port: this.#options.to, host: '127.0.0.1', noDelay: true });
    inner.on('error', () => {});
    const pair: Pair = { inner, outer, from: undefined, hasLostBytes: false };
    this.#pairs.add(pair);
    const end = () => {
      // While packets are dropped, neither end learns that the other has closed.
      if (pair.hasLostBytes && this.#options.cut(pair.from) === 'drops') return;
      this.#pairs.delete(pair);
      reset(pair);
    };
    inner.on('close', end);
    outer.on('close', end);
    this.#readFirstBytes(pair, '');
    inner.on('data', (bytes) => this.#forward(pair, outer, bytes));
    inner.on('end', () => outer.end());
  }

  /** Holds back the first bytes of a connection until they name the peer that opened it. */
  #readFirstBytes(pair: Pair, received: string): void {
    const { readFrom } = this.#options;
    if (readFrom === undefined) {
      this.#join(pair);
      return;
    }
    pair.outer.once('data', (bytes) => {
      const firstBytes = received + bytes.toString('latin1');
      pair.from = readFrom(firstBytes);
      const needsMore = pair.from === undefined && firstBytes.length < MAX_FIRST_BYTES;
      if (needsMore && !firstBytes.includes('\r\n\r\n')) {
        this.#readFirstBytes(pair, firstBytes);
        return;
      }
      if (this.#options.cut(pair.from) === 'rejects') reset(pair);
      this.#forward(pair, pair.inner, Buffer.from(firstBytes, 'latin1'));
      this.#join(pair);
    });
  }

  #join(pair: Pair): void {
    pair.outer.on('data', (bytes) => this.#forward(pair, pair.inner, bytes));
    pair.outer.on('end', () => pair.inner.end());
  }

  #forward(pair: Pair, to: Socket, bytes: Buffer): void {
    if (this.#options.cut(pair.from) !== undefined) pair.hasLostBytes = true;
    if (pair.hasLostBytes || to.destroyed) return;
    to.write(bytes);
  }
}

function reset({ inner, outer }: Pair): void {
  if (!inner.destroyed) inner.resetAndDestroy();
  if (!outer.destroyed) outer.resetAndDestroy();
}
