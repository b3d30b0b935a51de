// The limit after which a test counts as hanging.

/**
 * In milliseconds. Far above what any awaited event takes, so that the load of the machine does not
 * decide a test.
 */
export const HANG_LIMIT_MS = 120_000;
