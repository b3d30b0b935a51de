// A quota: how many connections, sessions or requests may exist at a time, in total and per source
// (source.ts). `LocalQuota` counts in this process; `WorkerQuota` counts together with the other
// workers of one primary.
//
// The states of a lease:
//
//   state      event      next
//   held       release    released
//   released   release    released

/** The limit that is reached: the one for all sources together, or the one for this source. */
export type QuotaExceeded = 'total' | 'source';

/** One unit of a quota, held until it is released. */
export interface QuotaLease {
  /**
   * Returns the unit to the quota. Further calls do nothing. Needs no `this`, so it can be an event
   * listener.
   */
  readonly release: () => void;
}

export interface QuotaLimits {
  /** The maximum for all sources together. */
  total: number;
  /** The maximum for each source (source.ts). */
  perSource: number;
}

export interface Quota {
  /** @returns A lease, which the caller has to release; or the limit that is reached. */
  acquire(source: string): QuotaLease | QuotaExceeded | Promise<QuotaLease | QuotaExceeded>;
}

/** A lease that can move from one source to another, if the source becomes known later. */
export interface MovableLease extends QuotaLease {
  /**
   * Counts the lease for a source, and no longer for the one before.
   *
   * @returns `false` if the source is at its limit; nothing changes then. `false`, too, if the lease
   *   is released.
   */
  assignTo(source: string): boolean | Promise<boolean>;
}

/** A quota whose leases count in the total only, until they are assigned to a source. */
export interface UnassignedQuota {
  /** @returns A lease, which the caller has to release; or the limit that is reached. */
  acquire(): MovableLease | QuotaExceeded | Promise<MovableLease | QuotaExceeded>;
}

/** @param onRelease Called at the first `release` only. */
export function createLease(onRelease: () => void): QuotaLease {
  let held: (() => void) | undefined = onRelease;
  return {
    release: () => {
      const onFirst = held;
      held = undefined;
      onFirst?.();
    },
  };
}
