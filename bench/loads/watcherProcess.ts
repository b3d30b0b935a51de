// Watchers in a process of their own (watchConnections.ts): reading thousands of updates takes as
// long as sending them, and must not delay the client that stores.

import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { nextMessage, type Programs } from '../programs.ts';
import type { SubscriptionName } from './subscription.ts';
import type { UpdateReport } from './watchConnections.ts';

const WATCH_CONNECTIONS = fileURLToPath(new URL('watchConnections.js', import.meta.url));

export class WatcherProcess {
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess) {
    this.#process = process;
  }

  /** Opens connections, spread over the ports. Resolves once all of them watch. */
  static async start(
    programs: Programs,
    subscription: SubscriptionName,
    count: number,
    ports: readonly number[],
  ): Promise<WatcherProcess> {
    const child = programs.fork(WATCH_CONNECTIONS, [
      subscription,
      ...[count, ...ports].map(String),
    ]);
    await nextMessage(child);
    return new WatcherProcess(child);
  }

  /** When each watcher received the next message, in milliseconds of `monotonicMs`, sorted. */
  async nextUpdate(): Promise<number[]> {
    const { receivedAtMs }: UpdateReport = await nextMessage(this.#process);
    return receivedAtMs;
  }
}
