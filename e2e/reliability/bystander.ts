// Somebody else, who only wants the message while something happens to the server.

import { fileURLToPath } from 'node:url';
import { expect } from '../fixtures.ts';
import { Program } from '../programs.ts';

const MAIN = fileURLToPath(new URL('bystander.mjs', import.meta.url));

export class Bystander {
  readonly #program: Program;
  #reports = 0;

  private constructor(program: Program) {
    this.#program = program;
  }

  /**
   * Settles once the first answer has come.
   *
   * @param where The server's port, or the URL of a WebSocket to it.
   * @param messages What counts as a right answer.
   */
  static async start(where: number | string, ...messages: string[]): Promise<Bystander> {
    const program = new Program(process.execPath, [MAIN, String(where), ...messages]);
    const bystander = new Bystander(program);
    await bystander.saw();
    return bystander;
  }

  /**
   * How long its answers took since this was asked last, in words; each of them has to be right.
   *
   * @param least How many there have to be.
   */
  async saw(least = 1): Promise<string> {
    this.#reports++;
    this.#program.process.stdin?.write('\n');
    const [, json = ''] = await this.#program.says(
      new RegExp(`^(?:.*\\n){${this.#reports - 1}}(.*)\\n`),
    );
    const { asked, wrong, p50, p99, worst } = JSON.parse(json);
    expect(wrong).toBe(0);
    expect(asked).toBeGreaterThanOrEqual(least);
    return `${asked} MSGGETs, p50 ${words(p50)}, p99 ${words(p99)}, worst ${words(worst)}`;
  }
}

function words(ms: number): string {
  return `${ms.toFixed(ms < 10 ? 2 : 0)} ms`;
}
