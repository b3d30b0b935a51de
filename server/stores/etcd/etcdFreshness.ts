// How old what is read may be: since when nobody has heard from etcd.

import type { StoreLog } from '../store.ts';

/** Nobody should be told an older message for longer without a word to the operator. */
export const UNAVAILABLE_AFTER_MS = 3000;

export class EtcdFreshness {
  readonly #log: StoreLog;
  #timer: NodeJS.Timeout;
  #asOfMs: number;
  #trouble = 'no answer';
  #outage: string | undefined;

  /** @param asOfMs Everything etcd held at this time (`performance.now()`) is known. */
  constructor(log: StoreLog, asOfMs: number) {
    this.#log = log;
    this.#asOfMs = asOfMs;
    this.#timer = this.#awayIn(UNAVAILABLE_AFTER_MS - this.ageMs);
  }

  /** Why etcd cannot be reached; `undefined` while it can. */
  get outage(): string | undefined {
    return this.#outage;
  }

  /** For how long there has been no word from etcd, in milliseconds. */
  get ageMs(): number {
    return performance.now() - this.#asOfMs;
  }

  /** Everything etcd held at a later time is known, too. */
  confirm(asOfMs: number): void {
    const afterMs = asOfMs - this.#asOfMs;
    this.#asOfMs = Math.max(asOfMs, this.#asOfMs);
    clearTimeout(this.#timer);
    this.#timer = this.#awayIn(UNAVAILABLE_AFTER_MS - this.ageMs);
    if (this.#outage === undefined) return;
    this.#outage = undefined;
    this.#log({ event: 'storeRecovered', afterMs });
  }

  /** Etcd was asked in vain. */
  fail(reason: string): void {
    this.#trouble = reason;
    if (this.#outage !== undefined) this.#outage = reason;
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #awayIn(ms: number): NodeJS.Timeout {
    return setTimeout(() => this.#goAway(), ms).unref();
  }

  #goAway(): void {
    this.#outage = this.#trouble;
    this.#log({ event: 'storeUnavailable', reason: this.#outage });
  }
}
