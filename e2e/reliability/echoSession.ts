// A session with an echo target that runs while something else happens to the bridge. Every echo is
// compared with the bytes that were sent.

import { frame, OPCODE } from '../../testing/frames.ts';
import { randomFrom, seed } from '../../testing/random.ts';
import { RawWebSocket } from '../../testing/rawWebSocket.ts';
import { expect } from '../fixtures.ts';
import { contentOf } from './content.ts';

const MAX_BYTES = 2000;

export class EchoSession {
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

  /** Resolves once the first message has come back. */
  static async start(port: number, path: string): Promise<EchoSession> {
    let onChunk = (_chunk: Buffer): void => {};
    const webSocket = await RawWebSocket.connect(port, { path, onData: (chunk) => onChunk(chunk) });
    const echoSession = new EchoSession(webSocket);
    onChunk = (chunk) => echoSession.#receive(chunk);
    webSocket.socket.on('close', () => echoSession.#settle());
    echoSession.#send();
    await echoSession.waitForExchanges(1);
    return echoSession;
  }

  /** Resolves once `count` more messages have come back. */
  async waitForExchanges(count: number): Promise<void> {
    const goal = this.#exchanged + count;
    while (this.#exchanged < goal && this.#wrong.length === 0) {
      if (this.#webSocket.socket.destroyed) throw new Error('the echo session has closed');
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    expect(this.#wrong).toEqual([]);
  }

  /**
   * Closes after the message that is in flight.
   *
   * @returns The number of echoes, all of them correct.
   */
  async stop(): Promise<number> {
    this.#isStopping = true;
    await this.waitForExchanges(1);
    this.#webSocket.close();
    expect(await this.#webSocket.ended()).toEqual({ code: 1000, reason: '', isClean: true });
    return this.#exchanged;
  }

  #send(): void {
    const bytes = 1 + Math.floor(this.#random() * MAX_BYTES);
    const payload = contentOf(bytes, false, this.#random);
    this.#expected = payload;
    this.#webSocket.send(frame({ opcode: OPCODE.binary, payload }));
  }

  #receive(chunk: Buffer): void {
    if (!chunk.equals(this.#expected.subarray(0, chunk.length))) this.#wrong.push('not an echo');
    this.#expected = this.#expected.subarray(chunk.length);
    if (this.#expected.length > 0) return;
    this.#exchanged++;
    if (!this.#isStopping) this.#send();
    this.#settle();
  }

  #settle(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
