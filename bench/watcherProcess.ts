// Watchers in a process of their own (watchConnections.ts): reading thousands of updates takes as
// long as sending them, and must not delay the client that stores.

import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LoadTarget } from './loadTarget.ts';
import { nextMessage } from './programs.ts';
import type { UpdateReport } from './watchConnections.ts';

const WATCH_CONNECTIONS = fileURLToPath(new URL('watchConnections.js', import.meta.url));

export class WatcherProcess {
  readonly #process: ChildProcess;

  private constructor(count: number, servers: readonly LoadTarget[]) {
    this.#process = fork(
      WATCH_CONNECTIONS,
      [count, ...servers.map(({ port }) => port)].map(String),
    );
  }

  /** Opens connections, spread over the servers. Resolves once all of them watch. */
  static async start(count: number, servers: readonly LoadTarget[]): Promise<WatcherProcess> {
    const watcherProcess = new WatcherProcess(count, servers);
    await nextMessage(watcherProcess.#process);
    return watcherProcess;
  }

  /** When each watcher received the next message, in milliseconds of `monotonicMs`, sorted. */
  async nextUpdate(): Promise<number[]> {
    const { receivedAtMs }: UpdateReport = await nextMessage(this.#process);
    return receivedAtMs;
  }

  stop(): void {
    this.#process.disconnect();
  }
}
