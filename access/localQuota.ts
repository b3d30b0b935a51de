// A quota that is counted in this process.

import { createLease, type Quota, type QuotaExceeded, type QuotaLease } from './quota.ts';

export interface QuotaLimits {
  /** The maximum for all sources together. */
  total: number;
  /** The maximum for each source (source.ts). */
  perSource: number;
}

/** A lease that can move from one source to another, if the source becomes known later. */
export interface LocalLease extends QuotaLease {
  /**
   * Counts the lease for a source, and no longer for the one before.
   *
   * @returns `false` if the source is at its limit; nothing changes then.
   */
  assignTo(source: string): boolean;
}

/** The number of rejected peers sent the reason at a time. Others are disconnected without it. */
const MAX_REJECTIONS = 100;

/** Makes the quota for rejected peers that are still being sent the reason. */
export function rejectionQuota(): LocalQuota {
  return new LocalQuota({ total: MAX_REJECTIONS, perSource: Number.POSITIVE_INFINITY });
}

export class LocalQuota implements Quota {
  readonly #limits: QuotaLimits;
  readonly #bySource = new Map<string, number>();
  #total = 0;

  constructor(limits: QuotaLimits) {
    this.#limits = limits;
  }

  /** Whether the total is reached, so that `acquire` fails for every source. */
  get isFull(): boolean {
    return this.#total >= this.#limits.total;
  }

  /**
   * @param source Without it, the lease counts in the total only, until `assignTo` is called.
   * @returns A lease, which the caller has to release; or the limit that is reached.
   */
  acquire(source?: string): LocalLease | QuotaExceeded {
    if (this.isFull) return 'total';
    if (source !== undefined && !this.#add(source)) return 'source';
    this.#total++;
    let assigned = source;
    const lease = createLease(() => {
      this.#remove(assigned);
      this.#total--;
    });
    return {
      ...lease,
      assignTo: (next) => {
        if (next === assigned) return true;
        if (!this.#add(next)) return false;
        this.#remove(assigned);
        assigned = next;
        return true;
      },
    };
  }

  /** @returns `false` if the source is at its limit. */
  #add(source: string): boolean {
    const count = this.#bySource.get(source) ?? 0;
    if (count >= this.#limits.perSource) return false;
    this.#bySource.set(source, count + 1);
    return true;
  }

  #remove(source: string | undefined): void {
    if (source === undefined) return;
    const count = this.#bySource.get(source) ?? 0;
    if (count > 1) this.#bySource.set(source, count - 1);
    else this.#bySource.delete(source);
  }
}
