// A client that measures the latency of MSGGET while something else happens to the server.

import { fileURLToPath } from 'node:url';
import { Program } from '../../testing/programs.ts';
import { scaled } from '../../testing/scale.ts';
import { expect } from '../fixtures.ts';

const MAIN = fileURLToPath(new URL('latencyProbe.mjs', import.meta.url));

/** Enough replies for a p99. */
export const MANY_SAMPLES = scaled(200, 1000);

export class LatencyProbe {
  readonly #program: Program;
  #requests = 0;

  private constructor(program: Program) {
    this.#program = program;
  }

  /**
   * Resolves once the first reply has come.
   *
   * @param where The server's port, or the URL of a WebSocket to it.
   * @param messages The correct replies.
   */
  static async start(where: number | string, ...messages: string[]): Promise<LatencyProbe> {
    const program = new Program(process.execPath, [MAIN, String(where), ...messages]);
    const probe = new LatencyProbe(program);
    await probe.report();
    return probe;
  }

  /**
   * Resolves once there are enough replies since the last call.
   *
   * @param minCount The number of replies that is enough.
   * @returns Their latencies, as text; all replies must be correct.
   */
  async report(minCount = 1): Promise<string> {
    const { count, wrong, p50, p99, worst } = JSON.parse(await this.#request(`report ${minCount}`));
    expect(wrong).toBe(0);
    return `${count} MSGGETs, p50 ${milliseconds(p50)}, p99 ${milliseconds(p99)}, worst ${milliseconds(worst)}`;
  }

  /**
   * Resolves once a number above 0 has stayed the same during `MANY_SAMPLES` replies. Each reply
   * takes several iterations of the event loops of the server and the bridge, so everything that
   * could proceed has done so by then.
   */
  async waitUntilStable(now: () => number): Promise<void> {
    for (let last = Number.NaN; last !== now() || last === 0; ) {
      last = now();
      await this.#request(`wait ${MANY_SAMPLES}`);
    }
  }

  async #request(line: string): Promise<string> {
    this.#requests++;
    this.#program.process.stdin?.write(`${line}\n`);
    const earlier = this.#requests - 1;
    const [, answer = ''] = await this.#program.waitForOutput(
      new RegExp(`^(?:.*\\n){${earlier}}(.*)\\n`),
    );
    return answer;
  }
}

function milliseconds(ms: number): string {
  return `${ms.toFixed(ms < 10 ? 2 : 0)} ms`;
}
