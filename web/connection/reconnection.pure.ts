// When to try again after a connection was lost. Pure: the clock and the dice come in as arguments.
//
// Each failure doubles how long the next try may wait, and chance picks the moment: when a bridge
// is started again, its pages come back one after another, not all at once (Exponential Backoff And
// Jitter, AWS Architecture Blog, 2015: "Full Jitter").

/** No try follows sooner, however lucky. */
export const SHORTEST_DELAY_MS = 250;
/** The longest wait after the first failure. */
export const FIRST_DELAY_MS = 750;
export const LONGEST_DELAY_MS = 30_000;

/** A connection that lasted so long was a good one: what failed before it counts no more. */
export const GOOD_CONNECTION_MS = 5_000;

/** Events that wake the page come in bursts; one try in that time answers them all. */
export const WAKE_GAP_MS = 1_000;

export class Reconnection {
  #failures = 0;
  #triedAtMs = Number.NEGATIVE_INFINITY;
  #openedAtMs: number | undefined;

  /** A try begins. */
  tried(nowMs: number): void {
    this.#triedAtMs = nowMs;
    this.#openedAtMs = undefined;
  }

  /** The connection is there. */
  opened(nowMs: number): void {
    this.#openedAtMs = nowMs;
  }

  /** What seemed to be a connection led nowhere. */
  cameToNothing(): void {
    this.#openedAtMs = undefined;
  }

  /**
   * The try failed, or its connection was lost.
   *
   * @param random From 0 up to, not including, 1.
   * @returns When to try again.
   */
  failed(nowMs: number, random: number): number {
    if (this.hasLasted(nowMs)) this.#failures = 0;
    const longestMs = Math.min(FIRST_DELAY_MS * 2 ** this.#failures, LONGEST_DELAY_MS);
    this.#failures++;
    this.#openedAtMs = undefined;
    return nowMs + SHORTEST_DELAY_MS + random * (longestMs - SHORTEST_DELAY_MS);
  }

  /** Whether there is a connection, and a good one. */
  hasLasted(nowMs: number): boolean {
    return this.#openedAtMs !== undefined && nowMs - this.#openedAtMs >= GOOD_CONNECTION_MS;
  }

  /**
   * Something has changed that makes a try worth while: the network is back, the page is shown.
   *
   * @returns When to try: now, unless the last try was a moment ago.
   */
  woken(nowMs: number): number {
    return Math.max(nowMs, this.#triedAtMs + WAKE_GAP_MS);
  }
}
