// Stores records in etcd. Those that arrive together share a transaction (EtcdCommitter).
//
// If the outcome of a transaction is still unknown at its deadline, the peers get 503. Before
// anything else is stored, the writer fences the transaction off. After that, a transaction that is
// not in etcd can never be committed.
//
//   state      event                      next state
//   idle       a record arrives           writing
//   writing    no record is waiting       idle
//   writing    the outcome is unknown     fencing
//   fencing    the outcome is known       writing
//   any        stop                       stopped

import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { type HistoryRecord, isEntry } from '../record.ts';
import { CONFLICT, type StoreLog } from '../store.ts';
import { type EtcdAttempt, type EtcdCommitter, UnconfirmedWriteError } from './etcdCommitter.ts';
import type { EtcdFreshness } from './etcdFreshness.ts';
import type { EtcdRecord } from './etcdRecord.ts';
import { EtcdWriteQueue, type PendingEtcdWrite } from './etcdWriteQueue.ts';

/** Records in one transaction. By default etcd limits it to 128 operations and 1.5 MB. */
const MAX_BATCH = 100;

/** The delay between attempts to fence, when no peer is waiting any more. */
const FENCE_RETRY_DELAY_MS = 500;

/** How long after a write by another server further writes of it are expected. */
const CONTENTION_WINDOW_MS = 1000;

const MAX_BACKOFF_MS = 50;

type Batch = readonly PendingEtcdWrite[];

type State =
  | { readonly is: 'idle' }
  /** `done` resolves when no record is waiting. */
  | { readonly is: 'writing'; readonly done: Promise<void> }
  /** The batch was answered with 503. */
  | { readonly is: 'fencing'; readonly done: Promise<void>; readonly batch: Batch }
  | { readonly is: 'stopped' };

export class EtcdWriter {
  readonly #committer: EtcdCommitter;
  readonly #freshness: EtcdFreshness;
  readonly #log: StoreLog;
  readonly #queue = new EtcdWriteQueue();
  #state: State = { is: 'idle' };
  #lastContentionAtMs = Number.NEGATIVE_INFINITY;

  constructor(committer: EtcdCommitter, freshness: EtcdFreshness, log: StoreLog) {
    this.#committer = committer;
    this.#freshness = freshness;
    this.#log = log;
  }

  /**
   * As `MessageStore.append`.
   *
   * @throws If the record was not stored, or the outcome is unknown at the deadline.
   */
  append(record: HistoryRecord, after: number | undefined): Promise<number> {
    const { outage } = this.#freshness;
    if (outage !== undefined) return Promise.reject(new Error(outage));
    if (this.#state.is === 'stopped') return Promise.reject(new Error('the store is closed'));
    const stored = this.#queue.add(record, after);
    if (this.#state.is === 'idle') this.#state = { is: 'writing', done: this.#writeAll() };
    return stored;
  }

  /** Takes note of a record in etcd. @returns Whether this server wrote it. */
  observe(record: EtcdRecord): boolean {
    const isOwn = this.#committer.wrote(record);
    if (!isOwn) this.#lastContentionAtMs = performance.now();
    return isOwn;
  }

  /** Stores what is pending, then stops. */
  async stop(timeoutMs: number): Promise<void> {
    if ('done' in this.#state) {
      await Promise.race([this.#state.done, sleep(timeoutMs, undefined, { ref: false })]);
    }
    if (this.#state.is === 'fencing') this.#logEach('storeOutcomeUnknown', this.#state.batch);
    this.#state = { is: 'stopped' };
  }

  async #writeAll(): Promise<void> {
    // Let everything that arrives in this turn of the event loop share the first transaction.
    await setImmediate();
    while (!this.#queue.isEmpty) {
      const startedAtMs = performance.now();
      await this.#writeBatch(this.#queue.take(MAX_BATCH));
      if (!this.#queue.isEmpty) await this.#backOff(performance.now() - startedAtMs);
    }
    if (this.#state.is === 'writing') this.#state = { is: 'idle' };
  }

  /**
   * Lets another server write next. The server that has just written is the first to know the new
   * head; without a pause it would win every time.
   */
  async #backOff(lastWriteMs: number): Promise<void> {
    const isContended = performance.now() - this.#lastContentionAtMs < CONTENTION_WINDOW_MS;
    if (isContended) await sleep(Math.min(lastWriteMs, MAX_BACKOFF_MS) * (0.5 + Math.random()));
  }

  async #writeBatch(batch: Batch): Promise<void> {
    try {
      const records = batch.map(({ record }) => record);
      // A record with a condition is alone in its batch (EtcdWriteQueue).
      const first = await this.#committer.commit(records, batch[0]?.after);
      for (const [index, { resolve }] of batch.entries())
        resolve(first === CONFLICT ? CONFLICT : first + index);
    } catch (error) {
      for (const { reject } of batch) reject(error);
      if (error instanceof UnconfirmedWriteError) await this.#fence(error.attempt, batch);
    }
  }

  /** Retries until an attempt is known to be committed, or can no longer be. */
  async #fence(attempt: EtcdAttempt, batch: Batch): Promise<void> {
    const writing = this.#state;
    if (writing.is !== 'writing') {
      // Stopped meanwhile.
      this.#logEach('storeOutcomeUnknown', batch);
      return;
    }
    this.#state = { ...writing, is: 'fencing', batch };
    let outcome = await this.#committer.fence(attempt);
    while (outcome === 'unanswered' && !this.#isStopped) {
      await sleep(FENCE_RETRY_DELAY_MS);
      outcome = await this.#committer.fence(attempt);
    }
    if (this.#isStopped) return;
    this.#state = writing;
    if (outcome === 'committed') this.#logEach('storeConfirmedLate', batch);
  }

  get #isStopped(): boolean {
    return this.#state.is === 'stopped';
  }

  #logEach(event: 'storeConfirmedLate' | 'storeOutcomeUnknown', batch: Batch): void {
    for (const { record } of batch) {
      const message = isEntry(record) ? record.message : `MSGCANCEL ${record.cancels}`;
      this.#log({ event, message });
    }
  }
}
