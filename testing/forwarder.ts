// A cable that can be cut, for tests of programs that are to live with a network that fails: what
// connects to its port reaches another, for as long as it is whole. No right of root is needed.

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/**
 * How a cable fails. `resets`: every connection is reset, and so is every further one, as by a
 * firewall that rejects. `swallows`: connections stay and open as ever, and no byte comes through, as
 * by one that drops: only a time-out tells. What was swallowed is lost: healed, such a connection is
 * reset, because a stream with a hole in it is none. (New connections are accepted by the kernel all
 * the same; to drop those would take root.)
 */
export type Cut = 'resets' | 'swallows';

/** Bytes of a connection's beginning that are read to learn who it is from. */
const MAX_OPENING_BYTES = 8192;

interface Pair {
  inner: Socket;
  outer: Socket;
  /** Who opened it, where its beginning says so. */
  from: string | undefined;
  isHoled: boolean;
}

export interface ForwarderOptions {
  /** Where the other end is, on 127.0.0.1. */
  to: number;
  /**
   * Says from the first bytes of a connection who opened it; `undefined` while that is still to come.
   * Without it, nobody is told apart.
   */
  readFrom?: (opening: string) => string | undefined;
  /** How the cable fails for one who is known or not; `undefined` while it is whole. */
  cut: (from: string | undefined) => Cut | undefined;
}

export class Forwarder {
  readonly #options: ForwarderOptions;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();

  private constructor(options: ForwarderOptions) {
    this.#options = options;
    this.#server = createServer({ noDelay: true }, (outer) => this.#serverOnConnection(outer));
  }

  /** Starts one, on a port that the system picks and that stays its own until it is closed. */
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

  /** To be called when what `cut` answers has changed: connections that are open are treated so. */
  changed(): void {
    for (const pair of this.#pairs) {
      const cut = this.#options.cut(pair.from);
      if (cut === 'resets' || (cut === undefined && pair.isHoled)) reset(pair);
      if (cut === 'swallows') pair.isHoled = true;
    }
  }

  async close(): Promise<void> {
    for (const pair of this.#pairs) reset(pair);
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serverOnConnection(outer: Socket): void {
    outer.on('error', () => {});
    if (this.#options.cut(undefined) === 'resets') {
      outer.resetAndDestroy();
      return;
    }
    const inner = connect({ port: this.#options.to, host: '127.0.0.1', noDelay: true });
    inner.on('error', () => {});
    const pair: Pair = { inner, outer, from: undefined, isHoled: false };
    this.#pairs.add(pair);
    const end = () => {
      // Through a hole, nobody hears that the other has gone.
      if (pair.isHoled && this.#options.cut(pair.from) === 'swallows') return;
      this.#pairs.delete(pair);
      reset(pair);
    };
    inner.on('close', end);
    outer.on('close', end);
    this.#readOpening(pair, '');
    inner.on('data', (bytes) => this.#pass(pair, outer, bytes));
    inner.on('end', () => outer.end());
  }

  /** Holds back what a connection begins with until it is known who speaks. */
  #readOpening(pair: Pair, opening: string): void {
    const { readFrom } = this.#options;
    if (readFrom === undefined) {
      this.#join(pair);
      return;
    }
    pair.outer.once('data', (bytes) => {
      const soFar = opening + bytes.toString('latin1');
      pair.from = readFrom(soFar);
      const isStillToCome = pair.from === undefined && soFar.length < MAX_OPENING_BYTES;
      if (isStillToCome && !soFar.includes('\r\n\r\n')) {
        this.#readOpening(pair, soFar);
        return;
      }
      if (this.#options.cut(pair.from) === 'resets') reset(pair);
      this.#pass(pair, pair.inner, Buffer.from(soFar, 'latin1'));
      this.#join(pair);
    });
  }

  #join(pair: Pair): void {
    pair.outer.on('data', (bytes) => this.#pass(pair, pair.inner, bytes));
    pair.outer.on('end', () => pair.inner.end());
  }

  #pass(pair: Pair, to: Socket, bytes: Buffer): void {
    if (this.#options.cut(pair.from) !== undefined) pair.isHoled = true;
    if (pair.isHoled || to.destroyed) return;
    to.write(bytes);
  }
}

function reset({ inner, outer }: Pair): void {
  if (!inner.destroyed) inner.resetAndDestroy();
  if (!outer.destroyed) outer.resetAndDestroy();
}
