// Follows the message of a server: one connection watches it (MSGWATCH), and one more is opened for
// a moment after each change. Reconnects by itself.

import { addAbortSignal } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerConnection } from '../../client/connect.ts';
import { askToWatch } from '../../client/oneshot/oneshot.ts';
import { RetryDelay } from '../../client/retryDelay.ts';
import type { Snapshot } from '../content/snapshot.pure.ts';
import { readSnapshot } from './readSnapshot.ts';
import { SnapshotReader } from './snapshotReader.ts';

/** How long the server may take to answer. */
const ANSWER_TIMEOUT_MS = 10_000;

export interface FollowerOptions {
  /** Connects to the server. */
  open: () => Promise<ServerConnection>;
  /** Called with what the server has sent, after each change and each reconnection. */
  onSnapshot: (snapshot: Snapshot) => void;
  /**
   * The server does not answer; it is tried again. A watch that ended is not reported before that:
   * the server may only have closed an idle connection.
   */
  onLost: () => void;
  /** The message in force was read, with its details. */
  onRead: () => void;
  /** The server does not answer, or does not send the details. */
  onFailure: (error: unknown) => void;
}

export class Follower {
  readonly #options: FollowerOptions;
  readonly #stopped = new AbortController();
  readonly #reader: SnapshotReader;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#reader = new SnapshotReader({
      read: (message) => this.#use((socket) => readSnapshot(socket, message)),
      publish: options.onSnapshot,
      onRead: options.onRead,
      onFailure: options.onFailure,
    });
  }

  /** Follows until `stop`. */
  async run(): Promise<void> {
    const { signal } = this.#stopped;
    const retry = new RetryDelay();
    while (!signal.aborted) {
      const { hasAnswered, error } = await this.#watch(retry);
      this.#reader.stop();
      if (signal.aborted) return;
      if (!hasAnswered) {
        this.#options.onFailure(error);
        this.#options.onLost();
      }
      await sleep(retry.next(), undefined, { signal }).catch(() => {});
    }
  }

  stop(): void {
    this.#stopped.abort();
    this.#reader.stop();
  }

  /** @returns When the watch has ended: why, and whether it had begun. */
  async #watch(retry: RetryDelay): Promise<{ hasAnswered: boolean; error: unknown }> {
    let hasAnswered = false;
    try {
      return await this.#use(async (socket, onAnswer): Promise<never> => {
        const messages = await askToWatch(socket);
        onAnswer();
        hasAnswered = true;
        retry.reset();
        for (;;) this.#reader.changed((await messages.next()).value);
      });
    } catch (error) {
      return { hasAnswered, error };
    }
  }

  /** Opens a connection, uses it, and closes it. `use` is limited in time until it has an answer. */
  async #use<Result>(
    use: (socket: ServerConnection, onAnswer: () => void) => Promise<Result>,
  ): Promise<Result> {
    const socket = addAbortSignal(this.#stopped.signal, await this.#options.open());
    // The connection's errors reject `use`; one may follow after its end.
    socket.on('error', () => {});
    const noAnswer = () => socket.destroy(new Error('the server did not answer in time'));
    const timer = setTimeout(noAnswer, ANSWER_TIMEOUT_MS);
    try {
      return await use(socket, () => clearTimeout(timer));
    } finally {
      clearTimeout(timer);
      socket.destroy();
    }
  }
}
