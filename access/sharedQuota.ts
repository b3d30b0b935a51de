// A quota that several worker processes share: the primary's half. `WorkerQuota` is the other half.
//
// Goals: the limits hold exactly for all workers together, whether one dies or hangs. Far from a
// limit, no message between the processes is needed.
//
// Design: each limit belongs to a key, the total or a source. The states of a key:
//
//   state    who counts                                  next state
//   split    each worker, up to its share: the limit     counted, when a worker needs more than
//            divided by the number of workers            its share
//   counted  the primary; workers request each unit,     split, when all workers together use no
//            and report each release                     more than half a share
//
// When the primary takes over a key, it asks each worker how many units it uses. A worker that does
// not answer in time counts with its whole share, which it cannot exceed, until it answers.
//
// All this requires that messages between two processes arrive in the order in which they are sent,
// each in a turn of the event loop of its own: what one causes is done before the next one arrives.

import type { QuotaLimits } from './quota.ts';
import { withinTime } from './withinTime.ts';

/** The key of the total. A source is never empty. */
export const TOTAL = '';

/** How long a worker may take to answer. It is then hanging, and others do not wait for it. */
const ANSWER_TIMEOUT_MS = 1000;

/** The requests of the primary to one worker. */
export interface QuotaWorker {
  /** The primary counts a key from now on. @returns How many units the worker uses. */
  takeOver(key: string): Promise<number>;
  /** The worker counts a key by itself from now on. */
  handBack(key: string): void;
}

/** @returns How many units of a key each worker may use without a request. */
export function shareOf(key: string, { total, perSource }: QuotaLimits, workers: number): number {
  return Math.floor((key === TOTAL ? total : perSource) / workers);
}

export class SharedQuota {
  readonly #limits: QuotaLimits;
  readonly #workerCount: number;
  readonly #answerTimeoutMs: number;
  readonly #workers = new Set<QuotaWorker>();
  readonly #counted = new Map<string, CountedKey>();

  /**
   * @param workerCount The maximum number of workers.
   * @param answerTimeoutMs How long a worker may take to answer.
   */
  constructor(limits: QuotaLimits, workerCount: number, answerTimeoutMs = ANSWER_TIMEOUT_MS) {
    this.#limits = limits;
    this.#workerCount = workerCount;
    this.#answerTimeoutMs = answerTimeoutMs;
  }

  /** @returns The keys that are counted, which the worker has to know before it uses the quota. */
  addWorker(worker: QuotaWorker): string[] {
    this.#workers.add(worker);
    return [...this.#counted.keys()];
  }

  /** The worker has ended: releases all its units. */
  removeWorker(worker: QuotaWorker): void {
    this.#workers.delete(worker);
    for (const [key, counted] of this.#counted) {
      counted.remove(worker);
      this.#handBackIfLow(key, counted);
    }
  }

  /** @returns Whether the worker may use one more unit. */
  async acquire(worker: QuotaWorker, key: string): Promise<boolean> {
    for (;;) {
      const counted = this.#counted.get(key) ?? this.#takeOver(key);
      await counted.answers;
      // Meanwhile it may have been handed back.
      if (this.#counted.get(key) !== counted) continue;
      const limit = key === TOTAL ? this.#limits.total : this.#limits.perSource;
      if (!this.#workers.has(worker) || counted.total >= limit) return false;
      counted.of(worker).granted++;
      return true;
    }
  }

  /** The worker uses one unit less of a key that it believes to be counted. */
  release(worker: QuotaWorker, key: string): void {
    if (!this.#workers.has(worker)) return;
    const counted = this.#counted.get(key);
    const count = counted?.of(worker);
    // Sent before the worker answered, or received that it counts by itself: its answer is lower.
    if (counted === undefined || !count?.hasAnswered) return;
    count.used--;
    this.#handBackIfLow(key, counted);
  }

  #takeOver(key: string): CountedKey {
    const counted = new CountedKey();
    this.#counted.set(key, counted);
    const answers = [...this.#workers].map((worker) => this.#ask(worker, key, counted));
    counted.answers = Promise.all(answers);
    return counted;
  }

  async #ask(worker: QuotaWorker, key: string, counted: CountedKey): Promise<void> {
    const count = counted.of(worker);
    count.used = shareOf(key, this.#limits, this.#workerCount);
    count.hasAnswered = false;
    const answer = worker.takeOver(key).then(
      (used) => {
        count.used = used;
        count.hasAnswered = true;
      },
      // It has ended; `removeWorker` follows.
      () => {},
    );
    await withinTime(answer, this.#answerTimeoutMs, undefined);
  }

  #handBackIfLow(key: string, counted: CountedKey): void {
    if (counted.total * 2 > shareOf(key, this.#limits, this.#workerCount)) return;
    this.#counted.delete(key);
    for (const worker of this.#workers) worker.handBack(key);
  }
}

interface WorkerCount {
  /** What the worker has answered, less what it has released since. */
  used: number;
  /** What the worker has acquired since it was asked. */
  granted: number;
  hasAnswered: boolean;
}

/** The units of a key, by worker. */
class CountedKey {
  /** Resolves when every worker has answered, or hangs. */
  answers: Promise<unknown> = Promise.resolve();
  readonly #counts = new Map<QuotaWorker, WorkerCount>();

  get total(): number {
    let total = 0;
    for (const { used, granted } of this.#counts.values()) total += used + granted;
    return total;
  }

  /** A worker that was added later uses none. */
  of(worker: QuotaWorker): WorkerCount {
    const count = this.#counts.get(worker) ?? { used: 0, granted: 0, hasAnswered: true };
    this.#counts.set(worker, count);
    return count;
  }

  remove(worker: QuotaWorker): void {
    this.#counts.delete(worker);
  }
}
