/** The delay before the first reconnection. It doubles with every further one. */
const MIN_DELAY_MS = 500;
const MAX_DELAY_MS = 30_000;

/** How long to wait before each reconnection. Randomized, so that clients do not return together. */
export class RetryDelay {
  #maxMs = MIN_DELAY_MS;

  /** @returns The next delay, in milliseconds. */
  next(): number {
    const delayMs = this.#maxMs * (0.5 + Math.random() / 2);
    this.#maxMs = Math.min(this.#maxMs * 2, MAX_DELAY_MS);
    return delayMs;
  }

  /** A connection was open: the next delay is the shortest again. */
  reset(): void {
    this.#maxMs = MIN_DELAY_MS;
  }
}
