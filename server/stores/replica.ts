// The records in a worker process: a copy of the history of the store that its primary owns, kept
// current by a `HistoryFeed`. Reads are from memory. `/readyz` and the metrics of the store are
// answered by the primary, so a worker need not know how fresh the store is.

import { History } from './history.ts';
import type { HistoryBatch } from './historyFeed.ts';
import type { HistoryEntry, Numbered } from './record.ts';
import type { ServedStore } from './store.ts';

export interface ReplicaOptions {
  historyLimit: number;
  /** As `ServedStore.append`, in the primary. Resolves when every replica has applied the record. */
  append: ServedStore['append'];
}

export class Replica implements ServedStore {
  readonly history: History;
  readonly append: ServedStore['append'];
  readonly #historyLimit: number;
  readonly #listeners: (() => void)[] = [];

  constructor({ historyLimit, append }: ReplicaOptions) {
    this.#historyLimit = historyLimit;
    this.history = new History(historyLimit);
    this.append = append;
  }

  onUpdate(listener: () => void): void {
    this.#listeners.push(listener);
  }

  apply({ records, kept }: HistoryBatch): void {
    const history = kept === undefined ? this.history : this.#restartedWith(kept);
    for (const { number, ...record } of records) history.add(record, number);
    if (kept !== undefined) this.history.replaceWith(history);
    for (const listener of this.#listeners) listener();
  }

  #restartedWith(kept: readonly Numbered<HistoryEntry>[]): History {
    const history = new History(this.#historyLimit);
    for (const { number, ...record } of kept) history.addKept(record, number);
    return history;
  }
}
