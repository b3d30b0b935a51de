// People who watch the message, in a process of their own (watching.ts): reading what thousands are
// told takes as long as telling them, and must not hold up the one who stores.

import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Endpoint } from './endpoint.ts';
import { nextMessage } from './programs.ts';
import type { WatchingReport } from './watchConnections.ts';

const WATCHING = fileURLToPath(new URL('watchConnections.js', import.meta.url));

export class Audience {
  readonly #process: ChildProcess;

  private constructor(count: number, servers: readonly Endpoint[]) {
    this.#process = fork(WATCHING, [count, ...servers.map(({ port }) => port)].map(String));
  }

  /** So many connections, spread over the servers; settles when all watch. */
  static async gather(count: number, servers: readonly Endpoint[]): Promise<Audience> {
    const audience = new Audience(count, servers);
    await nextMessage(audience.#process);
    return audience;
  }

  /** When each heard of the message that comes next, in milliseconds of `monotonicMs`, sorted. */
  async hears(): Promise<number[]> {
    const { heardAtMs }: WatchingReport = await nextMessage(this.#process);
    return heardAtMs;
  }

  leave(): void {
    this.#process.disconnect();
  }
}
