// The messages that wait to be committed to etcd, each with the promise of its `store`.

import type { HistoryEntry } from '../history.ts';

/** How long a message may wait for earlier ones. */
const TIMEOUT_MS = 5000;

export interface PendingEtcdWrite {
  readonly entry: HistoryEntry;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
  readonly timer: NodeJS.Timeout;
}

export class EtcdWriteQueue {
  #writes: PendingEtcdWrite[] = [];

  get isEmpty(): boolean {
    return this.#writes.length === 0;
  }

  /** @returns Settles when the caller of `take` settles it; rejects if it waits for too long. */
  add(entry: HistoryEntry): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#expire(write), TIMEOUT_MS);
      const write = { entry, resolve, reject, timer };
      this.#writes.push(write);
    });
  }

  /** Removes the oldest messages. The caller settles their promises. */
  take(limit: number): PendingEtcdWrite[] {
    const writes = this.#writes.splice(0, limit);
    for (const { timer } of writes) clearTimeout(timer);
    return writes;
  }

  #expire(write: PendingEtcdWrite): void {
    this.#writes = this.#writes.filter((other) => other !== write);
    write.reject(new Error('timed out behind earlier writes to etcd'));
  }
}
