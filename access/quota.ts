// A quota: how many connections, sessions or requests may exist at a time, in total and per source
// (source.ts). `LocalQuota` counts in this process; a bridge worker asks its primary instead.
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

export interface Quota {
  /** @returns A lease, which the caller has to release; or the limit that is reached. */
  acquire(source: string): QuotaLease | QuotaExceeded | Promise<QuotaLease | QuotaExceeded>;
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
