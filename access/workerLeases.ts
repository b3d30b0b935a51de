// The leases of one worker process on a quota that its primary counts. A worker may die without
// releasing them; the primary then releases all of them.

import type { LocalQuota } from './localQuota.ts';
import type { QuotaExceeded, QuotaLease } from './quota.ts';

export class WorkerLeases {
  readonly #quota: LocalQuota;
  readonly #bySource = new Map<string, QuotaLease[]>();

  constructor(quota: LocalQuota) {
    this.#quota = quota;
  }

  /** @returns The limit that is reached; `undefined` if the worker got a lease. */
  acquire(source: string): QuotaExceeded | undefined {
    const lease = this.#quota.acquire(source);
    if (typeof lease === 'string') return lease;
    const leases = this.#bySource.get(source);
    if (leases === undefined) this.#bySource.set(source, [lease]);
    else leases.push(lease);
    return undefined;
  }

  /** Releases one of the worker's leases for a source. */
  release(source: string): void {
    const leases = this.#bySource.get(source);
    leases?.pop()?.release();
    if (leases?.length === 0) this.#bySource.delete(source);
  }

  /** Releases every lease of the worker. */
  releaseAll(): void {
    for (const leases of this.#bySource.values()) for (const lease of leases) lease.release();
    this.#bySource.clear();
  }
}
