// A quota that is counted in this process.

import type { MovableLease, Quota, QuotaExceeded, QuotaLimits, UnassignedQuota } from './quota.ts';
import { Tally } from './tally.ts';

/** The number of rejected peers sent the reason at a time. Others are disconnected without it. */
const MAX_REJECTIONS = 100;

/** Makes the quota for rejected peers that are still being sent the reason. */
export function rejectionQuota(): LocalQuota {
  return new LocalQuota({ total: MAX_REJECTIONS, perSource: Number.POSITIVE_INFINITY });
}

export class LocalQuota implements Quota, UnassignedQuota {
  readonly #counts: Counts;

  constructor(limits: QuotaLimits) {
    this.#counts = new Counts(limits);
  }

  /** Whether the total is reached, so that `acquire` fails for every source. */
  get isFull(): boolean {
    return this.#counts.isFull;
  }

  /**
   * @param source Without it, the lease counts in the total only, until `assignTo` is called.
   * @returns A lease, which the caller has to release; or the limit that is reached.
   */
  acquire(source?: string): LocalLease | QuotaExceeded {
    if (this.#counts.isFull) return 'total';
    if (!this.#counts.add(source)) return 'source';
    this.#counts.total++;
    return new LocalLease(this.#counts, source);
  }
}

export class LocalLease implements MovableLease {
  /** `undefined` once the lease is released. */
  #counts: Counts | undefined;
  #source: string | undefined;

  constructor(counts: Counts, source: string | undefined) {
    this.#counts = counts;
    this.#source = source;
  }

  readonly release = (): void => {
    if (this.#counts === undefined) return;
    this.#counts.remove(this.#source);
    this.#counts.total--;
    this.#counts = undefined;
  };

  assignTo(source: string): boolean {
    if (this.#counts === undefined) return false;
    if (source === this.#source) return true;
    if (!this.#counts.add(source)) return false;
    this.#counts.remove(this.#source);
    this.#source = source;
    return true;
  }
}

class Counts {
  total = 0;
  readonly #bySource = new Tally();
  readonly #limits: QuotaLimits;

  constructor(limits: QuotaLimits) {
    this.#limits = limits;
  }

  get isFull(): boolean {
    return this.total >= this.#limits.total;
  }

  /** @returns `false` if the source is at its limit. */
  add(source: string | undefined): boolean {
    if (source === undefined) return true;
    if (this.#bySource.of(source) >= this.#limits.perSource) return false;
    this.#bySource.increment(source);
    return true;
  }

  remove(source: string | undefined): void {
    if (source !== undefined) this.#bySource.decrement(source);
  }
}
