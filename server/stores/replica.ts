// The records in a worker process: a copy of the history of the store that its primary owns, kept
// current by a `HistoryFeed`. Reads are from memory. `/readyz` and the metrics of the store are
// answered by the primary, so a worker need not know how fresh the store is.

import { History } from './history.ts';
import type { HistoryBatch } from './historyFeed.ts';
import type { ServedStore } from './store.ts';

export interface ReplicaOptions {
  historyLimit: number;
  /** As `ServedStore.append`, in the primary. Resolves when every replica has applied the record. */
  append(...request: Parameters<ServedStore['append']>): Promise<number>;
}

export class Replica implements ServedStore {
  readonly history: History;
  readonly #append: ReplicaOptions['append'];
  readonly #listeners: (() => void)[] = [];

  constructor({ historyLimit, append }: ReplicaOptions) {
    this.history = new History(historyLimit);
    this.#append = append;
  }

  append(...request: Parameters<ServedStore['append']>): Promise<number> {
    return this.#append(...request);
  }

  onUpdate(listener: () => void): void {
    this.#listeners.push(listener);
  }

  apply(batch: HistoryBatch): void {
    for (const { number, ...record } of batch) this.history.add(record, number);
    for (const listener of this.#listeners) listener();
  }
}
