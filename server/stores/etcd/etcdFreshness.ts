// Tracks how long ago the replica was last confirmed to be current, and logs outages of etcd.

import type { StoreLog } from '../store.ts';

/** The longest that the replica may be out of date before the operator is warned. */
export const UNAVAILABLE_AFTER_MS = 3000;

export class EtcdFreshness {
  readonly #log: StoreLog;
  #timer: NodeJS.Timeout;
  #asOfMs: number;
  #lastFailure = 'no answer';
  #outage: string | undefined;

  /** @param asOfMs When the replica was last current (`performance.now()`). */
  constructor(log: StoreLog, asOfMs: number) {
    this.#log = log;
    this.#asOfMs = asOfMs;
    this.#timer = this.#startTimer();
  }

  /** Why etcd is unavailable; `undefined` if it is available. */
  get outage(): string | undefined {
    return this.#outage;
  }

  /** The time since the replica was last current, in milliseconds. */
  get ageMs(): number {
    return performance.now() - this.#asOfMs;
  }

  /** Records that the replica was current at a time (`performance.now()`); ends an outage. */
  confirm(asOfMs: number): void {
    const afterMs = asOfMs - this.#asOfMs;
    this.#asOfMs = Math.max(asOfMs, this.#asOfMs);
    clearTimeout(this.#timer);
    this.#timer = this.#startTimer();
    if (this.#outage === undefined) return;
    this.#outage = undefined;
    this.#log({ event: 'storeRecovered', afterMs });
  }

  /** Records a failed request. It starts no outage by itself: the timer does. */
  fail(reason: string): void {
    this.#lastFailure = reason;
    if (this.#outage !== undefined) this.#outage = reason;
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #startTimer(): NodeJS.Timeout {
    return setTimeout(() => this.#startOutage(), UNAVAILABLE_AFTER_MS - this.ageMs).unref();
  }

  #startOutage(): void {
    this.#outage = this.#lastFailure;
    this.#log({ event: 'storeUnavailable', reason: this.#outage });
  }
}
