// A session with an echo that goes on and on while something happens beside it; what comes back is
// compared with what was said.

import { randomFrom, seed } from '../../testing/scale.ts';
import { expect } from '../fixtures.ts';
import { contentOf } from './content.ts';
import { frame, OPCODE } from './frames.ts';
import { RawWebSocket } from './rawWebSocket.ts';

const MOST_BYTES = 2000;

export class Chatter {
  readonly #webSocket: RawWebSocket;
  readonly #random = randomFrom(seed);
  #expected: Buffer = Buffer.alloc(0);
  #exchanged = 0;
  #isStopping = false;
  #waiting: Array<() => void> = [];
  readonly #wrong: string[] = [];

  private constructor(webSocket: RawWebSocket) {
    this.#webSocket = webSocket;
  }

  /** Settles once the first message has come back. */
  static async start(port: number, path: string): Promise<Chatter> {
    let hear = (_chunk: Buffer): void => {};
    const webSocket = await RawWebSocket.connect(port, { path, onData: (chunk) => hear(chunk) });
    const chatter = new Chatter(webSocket);
    hear = (chunk) => chatter.#hear(chunk);
    webSocket.socket.on('close', () => chatter.#settle());
    chatter.#say();
    await chatter.exchanges(1);
    return chatter;
  }

  /** Settles once so many more messages have come back. */
  async exchanges(count: number): Promise<void> {
    const wanted = this.#exchanged + count;
    while (this.#exchanged < wanted && this.#wrong.length === 0) {
      if (this.#webSocket.socket.destroyed) throw new Error('the session beside it is gone');
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    expect(this.#wrong).toEqual([]);
  }

  /**
   * Says goodbye after the message that is under way.
   *
   * @returns How many came back, all of them right.
   */
  async stop(): Promise<number> {
    this.#isStopping = true;
    await this.exchanges(1);
    this.#webSocket.close();
    expect(await this.#webSocket.ended()).toEqual({ code: 1000, reason: '', isClean: true });
    return this.#exchanged;
  }

  #say(): void {
    const bytes = 1 + Math.floor(this.#random() * MOST_BYTES);
    const payload = contentOf(bytes, false, this.#random);
    this.#expected = payload;
    this.#webSocket.say(frame({ opcode: OPCODE.binary, payload }));
  }

  #hear(chunk: Buffer): void {
    if (!chunk.equals(this.#expected.subarray(0, chunk.length))) this.#wrong.push('not an echo');
    this.#expected = this.#expected.subarray(chunk.length);
    if (this.#expected.length > 0) return;
    this.#exchanged++;
    if (!this.#isStopping) this.#say();
    this.#settle();
  }

  #settle(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
