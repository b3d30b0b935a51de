// A clock that all processes of a machine share; `performance.now()` begins anew in each.

/** In milliseconds, since some moment in the past. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
