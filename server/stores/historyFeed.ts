// Sends a history to a replica of it in another process (replica.ts).
//
//   state      event                                        next state
//   current    the history has grown                        sending
//   sending    the replica applied a batch, more remains    sending
//              the replica applied the last one             current
//              the replica does not answer for 4.5 s        sending, reported as lost
//              the replica fails                            failed, reported as lost
//   any        `close`                                      closed
//
// One batch is under way at a time, so a slow replica costs no memory: the next batch has all that
// was stored meanwhile.

import type { History } from './history.ts';
import type { HistoryEntry, Numbered } from './record.ts';

export interface HistoryBatch {
  /** In order, and consecutive. */
  records: Numbered[];
  /**
   * If records before these were dropped that the replica lacks: the older entries that are kept. The
   * replica drops all that it has; it may have missed their cancellation.
   */
  kept?: Numbered<HistoryEntry>[];
}

/** A predicate for the replica. */
export type LossCause = 'does not respond' | 'failed to apply a message';

export interface HistoryFeedOptions {
  history: History;
  /** Sends a batch. Resolves when the replica has applied it; rejects if that failed. */
  send(batch: HistoryBatch): Promise<void>;
  /** The replica must not be read any more. */
  onLost(why: LossCause): void;
  hangAfterMs?: number;
}

/** Records have at most 4 KB. */
const MAX_BATCH_RECORDS = 250;

/**
 * Much longer than a busy process needs to answer, and shorter than a connection may take to close
 * (connection.ts): a store that waits is acknowledged before.
 */
const HANG_AFTER_MS = 4000;

/** If this process itself was suspended past the deadline, the answer gets this much longer. */
const GRACE_PERIOD_MS = 500;

interface Waiting {
  number: number;
  resolve: () => void;
}

export class HistoryFeed {
  readonly #options: HistoryFeedOptions;
  /** The number of the last record that the replica has applied. */
  #applied = 0;
  #waiting: Waiting[] = [];
  #state: 'current' | 'sending' | 'failed' | 'closed' = 'current';

  /** The replica has no record yet. */
  constructor(options: HistoryFeedOptions) {
    this.#options = options;
    this.update();
  }

  /** The history has grown. */
  update(): void {
    if (this.#state === 'current') void this.#sendAll();
  }

  /** Resolves when the replica has applied a record and all before it, or when it is closed. */
  reached(number: number): Promise<void> {
    if (this.#state === 'closed' || this.#applied >= number) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ number, resolve }));
  }

  /** The process of the replica has ended. */
  close(): void {
    this.#state = 'closed';
    for (const { resolve } of this.#waiting.splice(0)) resolve();
  }

  async #sendAll(): Promise<void> {
    const { history } = this.#options;
    this.#state = 'sending';
    while (this.#applied < history.last) {
      const batch = this.#nextBatch();
      const last = batch.records.at(-1)?.number ?? history.last;
      const isApplied = await this.#send(batch);
      if (this.#isClosed()) return;
      if (!isApplied) {
        this.#state = 'failed';
        this.#options.onLost('failed to apply a message');
        return;
      }
      this.#applied = last;
      this.#resolveReached();
    }
    this.#state = 'current';
  }

  // A method, because the compiler assumes that awaiting does not change the state.
  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  #nextBatch(): HistoryBatch {
    const { history } = this.#options;
    const isGap = history.first > this.#applied + 1;
    const records: Numbered[] = [];
    for (const record of history.after(Math.max(this.#applied, history.first - 1))) {
      records.push(record);
      if (records.length === MAX_BATCH_RECORDS) break;
    }
    return { records, ...(isGap && { kept: history.kept }) };
  }

  /** @returns Whether the replica has applied it. */
  async #send(batch: HistoryBatch): Promise<boolean> {
    const { send, onLost, hangAfterMs = HANG_AFTER_MS } = this.#options;
    let timer = setTimeout(() => {
      timer = setTimeout(onLost, GRACE_PERIOD_MS, 'does not respond');
    }, hangAfterMs);
    try {
      await send(batch);
      return true;
    } catch {
      return false;
    } finally {
      clearTimeout(timer);
    }
  }

  #resolveReached(): void {
    const reached = this.#waiting.filter(({ number }) => number <= this.#applied);
    this.#waiting = this.#waiting.filter(({ number }) => number > this.#applied);
    for (const { resolve } of reached) resolve();
  }
}
