// Tracks how long ago the replica was last confirmed to be current, and logs outages of etcd.
//
//   state     event       next state
//   current   confirm     current; the timer starts again
//   current   fail        current, with the reason
//   current   the timer   outage, for the last reason; logs storeUnavailable
//   outage    fail        outage, with the reason
//   outage    confirm     current; logs storeRecovered
//   any       stop        stopped, for good

import type { StoreLog } from '../store.ts';

/** The longest that the replica may be out of date before the operator is warned. */
export const UNAVAILABLE_AFTER_MS = 3000;

type State =
  | { readonly is: 'current'; readonly timer: NodeJS.Timeout; readonly lastFailure: string }
  | { readonly is: 'outage'; readonly reason: string }
  | { readonly is: 'stopped' };

export class EtcdFreshness {
  readonly #log: StoreLog;
  #asOfMs: number;
  #state: State;

  /** @param asOfMs When the replica was last current (`performance.now()`). */
  constructor(log: StoreLog, asOfMs: number) {
    this.#log = log;
    this.#asOfMs = asOfMs;
    this.#state = this.#current();
  }

  /** Why etcd is unavailable; `undefined` if it is available. */
  get outage(): string | undefined {
    return this.#state.is === 'outage' ? this.#state.reason : undefined;
  }

  /** The time since the replica was last current, in milliseconds. */
  get ageMs(): number {
    return performance.now() - this.#asOfMs;
  }

  /** Records that the replica was current at a time (`performance.now()`); ends an outage. */
  confirm(asOfMs: number): void {
    const state = this.#state;
    const afterMs = asOfMs - this.#asOfMs;
    this.#asOfMs = Math.max(asOfMs, this.#asOfMs);
    if (state.is === 'stopped') return;
    if (state.is === 'current') clearTimeout(state.timer);
    this.#state = this.#current();
    if (state.is === 'outage') this.#log({ event: 'storeRecovered', afterMs });
  }

  /** Records a failed request. It starts no outage by itself: the timer does. */
  fail(reason: string): void {
    const state = this.#state;
    if (state.is === 'current') this.#state = { ...state, lastFailure: reason };
    if (state.is === 'outage') this.#state = { ...state, reason };
  }

  stop(): void {
    if (this.#state.is === 'current') clearTimeout(this.#state.timer);
    this.#state = { is: 'stopped' };
  }

  #current(): State {
    const leftMs = UNAVAILABLE_AFTER_MS - this.ageMs;
    const timer = setTimeout(() => this.#startOutage(), leftMs).unref();
    return { is: 'current', timer, lastFailure: 'no answer' };
  }

  #startOutage(): void {
    if (this.#state.is !== 'current') return;
    const reason = this.#state.lastFailure;
    this.#state = { is: 'outage', reason };
    this.#log({ event: 'storeUnavailable', reason });
  }
}
