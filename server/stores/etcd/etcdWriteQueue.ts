// The records that wait to be committed to etcd, each with the promise of its `append`.

import type { HistoryRecord } from '../record.ts';

/** How long a record may wait for earlier ones. */
const TIMEOUT_MS = 5000;

export interface PendingEtcdWrite {
  readonly record: HistoryRecord;
  /** Store it only directly after the record with this number. */
  readonly after: number | undefined;
  readonly resolve: (number: number) => void;
  readonly reject: (reason: unknown) => void;
  readonly timer: NodeJS.Timeout;
}

export class EtcdWriteQueue {
  #writes: PendingEtcdWrite[] = [];

  get isEmpty(): boolean {
    return this.#writes.length === 0;
  }

  /** @returns Settles when the caller of `take` settles it; rejects if it waits for too long. */
  add(record: HistoryRecord, after: number | undefined): Promise<number> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#expire(write), TIMEOUT_MS);
      const write = { record, after, resolve, reject, timer };
      this.#writes.push(write);
    });
  }

  /**
   * Removes the oldest records. One with a condition is taken alone. The caller settles their
   * promises.
   */
  take(limit: number): PendingEtcdWrite[] {
    const conditional = this.#writes.findIndex(({ after }) => after !== undefined);
    const count = conditional === -1 ? limit : Math.min(limit, Math.max(conditional, 1));
    const writes = this.#writes.splice(0, count);
    for (const { timer } of writes) clearTimeout(timer);
    return writes;
  }

  #expire(write: PendingEtcdWrite): void {
    this.#writes = this.#writes.filter((other) => other !== write);
    write.reject(new Error('timed out behind earlier writes to etcd'));
  }
}
