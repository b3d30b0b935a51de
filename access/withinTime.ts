// Waits for a promise, but not forever.

/**
 * @param late What to return if the promise takes longer.
 * @returns The value of the promise, or `late`.
 * @throws What the promise rejects with in time.
 */
export async function withinTime<Value, Late>(
  promise: Promise<Value>,
  ms: number,
  late: Late,
): Promise<Value | Late> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<Late>((resolve) => {
    timer = setTimeout(resolve, ms, late);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
