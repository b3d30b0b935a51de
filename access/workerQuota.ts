// A quota that several worker processes share: the half of one worker (sharedQuota.ts has the
// design). Far from a limit, a lease is acquired immediately; near it, the primary decides.

import type { MovableLease, Quota, QuotaExceeded, QuotaLimits, UnassignedQuota } from './quota.ts';
import { shareOf, TOTAL } from './sharedQuota.ts';
import { Tally } from './tally.ts';

/** The requests of a worker to the primary. */
export interface QuotaPrimary {
  /** @returns Whether the worker may use one more unit; rejects if the primary has ended. */
  acquire(key: string): Promise<boolean>;
  release(key: string): void;
}

export interface WorkerQuotaOptions {
  limits: QuotaLimits;
  /** The maximum number of workers. */
  workers: number;
  /** What `SharedQuota.addWorker` returned. */
  countedKeys: readonly string[];
}

export class WorkerQuota implements Quota, UnassignedQuota {
  readonly #counts: WorkerCounts;

  constructor(primary: QuotaPrimary, options: WorkerQuotaOptions) {
    this.#counts = new WorkerCounts(primary, options);
  }

  acquire(source?: string): MovableLease | QuotaExceeded | Promise<MovableLease | QuotaExceeded> {
    const total = this.#counts.add(TOTAL);
    if (total === true && source === undefined) return new WorkerLease(this.#counts);
    return this.#acquire(total, source);
  }

  async #acquire(
    total: true | Promise<boolean>,
    source: string | undefined,
  ): Promise<MovableLease | QuotaExceeded> {
    if (!(await total)) return 'total';
    const lease = new WorkerLease(this.#counts);
    if (source === undefined || (await lease.assignTo(source))) return lease;
    lease.release();
    return 'source';
  }

  /** The primary counts a key from now on. @returns How many units this worker uses. */
  takeOver(key: string): number {
    return this.#counts.takeOver(key);
  }

  /** This worker counts a key by itself from now on. */
  handBack(key: string): void {
    this.#counts.handBack(key);
  }
}

/** An assignment that the primary decides on. */
interface PendingAssignment {
  source: string;
  isAssigned: Promise<boolean>;
}

class WorkerLease implements MovableLease {
  /** `undefined` once the lease is released. */
  #counts: WorkerCounts | undefined;
  #source: string | undefined;
  /** A later assignment, or the release, replaces it. */
  #pending: PendingAssignment | undefined;

  constructor(counts: WorkerCounts) {
    this.#counts = counts;
  }

  readonly release = (): void => {
    if (this.#counts === undefined) return;
    if (this.#source !== undefined) this.#counts.remove(this.#source);
    this.#counts.remove(TOTAL);
    this.#counts = undefined;
    this.#pending = undefined;
  };

  assignTo(source: string): boolean | Promise<boolean> {
    const counts = this.#counts;
    if (counts === undefined) return false;
    if (this.#pending?.source === source) return this.#pending.isAssigned;
    this.#pending = undefined;
    if (source === this.#source) return true;
    const added = counts.add(source);
    if (added === true) return this.#move(source, counts);
    const pending: PendingAssignment = {
      source,
      isAssigned: added.then((isAdded) => this.#decided(pending, isAdded, counts)),
    };
    this.#pending = pending;
    return pending.isAssigned;
  }

  #decided(pending: PendingAssignment, isAdded: boolean, counts: WorkerCounts): boolean {
    const isReplaced = this.#pending !== pending;
    if (!isReplaced) this.#pending = undefined;
    if (!isAdded) return false;
    if (!isReplaced) return this.#move(pending.source, counts);
    counts.remove(pending.source);
    return this.#counts !== undefined;
  }

  #move(source: string, counts: WorkerCounts): true {
    if (this.#source !== undefined) counts.remove(this.#source);
    this.#source = source;
    return true;
  }
}

class WorkerCounts {
  readonly #primary: QuotaPrimary;
  readonly #limits: QuotaLimits;
  readonly #workers: number;
  readonly #used = new Tally();
  /** The units that the primary was asked for. Its answer may follow after a `handBack`. */
  readonly #requested = new Tally();
  /** The keys that the primary counts. */
  readonly #counted: Set<string>;

  constructor(primary: QuotaPrimary, { limits, workers, countedKeys }: WorkerQuotaOptions) {
    this.#primary = primary;
    this.#limits = limits;
    this.#workers = workers;
    this.#counted = new Set(countedKeys);
  }

  /** @returns Whether there was one more unit of the key. */
  add(key: string): true | Promise<boolean> {
    const mayUse = this.#used.of(key) + this.#requested.of(key) < this.#shareOf(key);
    if (!mayUse || this.#counted.has(key)) return this.#request(key);
    this.#used.increment(key);
    return true;
  }

  remove(key: string): void {
    this.#used.decrement(key);
    if (this.#counted.has(key)) this.#primary.release(key);
  }

  takeOver(key: string): number {
    this.#counted.add(key);
    return this.#used.of(key);
  }

  handBack(key: string): void {
    this.#counted.delete(key);
  }

  async #request(key: string): Promise<boolean> {
    this.#requested.increment(key);
    // If the primary has ended, so does this process.
    const isGranted = await this.#primary.acquire(key).catch(() => false);
    this.#requested.decrement(key);
    if (isGranted) this.#used.increment(key);
    return isGranted;
  }

  #shareOf(key: string): number {
    return shareOf(key, this.#limits, this.#workers);
  }
}
