// Decides when to reconnect. Pure: the time and the random number are arguments.
//
// Exponential backoff with full jitter: each failure doubles the longest delay, and the delay is
// random up to it. When a bridge restarts, its pages come back one by one, not all together
// (Exponential Backoff And Jitter, AWS Architecture Blog, 2015).

export const MIN_DELAY_MS = 250;
/** The longest delay after the first failure. */
export const FIRST_MAX_DELAY_MS = 750;
export const MAX_DELAY_MS = 30_000;

/** A connection that lasts this long is stable, and resets the backoff. */
export const STABLE_AFTER_MS = 5_000;

/** Page events come in bursts: attempts start at least this far apart. */
export const MIN_ATTEMPT_GAP_MS = 1_000;

export class Reconnection {
  #failures = 0;
  #attemptedAtMs = Number.NEGATIVE_INFINITY;
  #openedAtMs: number | undefined;

  attemptStarted(nowMs: number): void {
    this.#attemptedAtMs = nowMs;
    this.#openedAtMs = undefined;
  }

  connectionOpened(nowMs: number): void {
    this.#openedAtMs = nowMs;
  }

  /** The page itself has closed the connection: the next attempt need not wait. */
  connectionEnded(): void {
    this.#attemptedAtMs = Number.NEGATIVE_INFINITY;
  }

  /**
   * Counts a failed attempt or a lost connection.
   *
   * @param random At least 0, and less than 1.
   * @returns When to make the next attempt.
   */
  attemptFailed(nowMs: number, random: number): number {
    if (this.isStable(nowMs)) this.#failures = 0;
    const maxDelayMs = Math.min(FIRST_MAX_DELAY_MS * 2 ** this.#failures, MAX_DELAY_MS);
    this.#failures++;
    this.#openedAtMs = undefined;
    return nowMs + MIN_DELAY_MS + random * (maxDelayMs - MIN_DELAY_MS);
  }

  /** Whether there is a connection, and a stable one. */
  isStable(nowMs: number): boolean {
    return this.#openedAtMs !== undefined && nowMs - this.#openedAtMs >= STABLE_AFTER_MS;
  }

  /**
   * When to make an attempt that an event makes worthwhile, such as the network's return.
   *
   * @returns Now, or a second after the last attempt started.
   */
  earliestAttempt(nowMs: number): number {
    return Math.max(nowMs, this.#attemptedAtMs + MIN_ATTEMPT_GAP_MS);
  }
}
