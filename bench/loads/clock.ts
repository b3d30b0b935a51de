// A clock that all processes of a machine share; `performance.now()` starts at 0 in each.

/** Milliseconds since an arbitrary moment in the past. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
