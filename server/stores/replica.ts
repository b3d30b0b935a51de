// The messages in a worker process: a copy of the history of the store that its primary owns, kept
// current by a `HistoryFeed`. Reads are from memory. `/readyz` and the metrics of the store are
// answered by the primary, so a worker need not know how fresh the store is.

import { History } from './history.ts';
import type { HistoryBatch } from './historyFeed.ts';
import type { ServedMessages } from './store.ts';

export interface ReplicaOptions {
  initialMessage: string;
  historyLimit: number;
  /** Stores a message in the primary. Resolves when every replica has applied it. */
  store(message: string): Promise<void>;
}

export class Replica implements ServedMessages {
  readonly history: History;
  readonly #options: ReplicaOptions;
  #listener = () => {};

  constructor(options: ReplicaOptions) {
    this.history = new History(options.historyLimit);
    this.#options = options;
  }

  get message(): string {
    return this.history.latest?.message ?? this.#options.initialMessage;
  }

  store(message: string): Promise<void> {
    return this.#options.store(message);
  }

  onUpdate(listener: () => void): void {
    this.#listener = listener;
  }

  apply({ first, entries }: HistoryBatch): void {
    if (first > this.history.last + 1) this.history.restartAt(first);
    for (const entry of entries) this.history.add(entry);
    this.#listener();
  }
}
