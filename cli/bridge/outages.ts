// Logs when something that the bridge depends on begins to fail, when the reason changes, and when it
// works again. With --workers, the primary logs for all of them. They report each failure, and a
// success only of what has an outage, in whichever process: none in normal operation.

import { nextOutage, type OutageState, WORKING } from './outage.pure.ts';

/** What may have an outage: a target, the feed from its target, or the recordings. */
export type OutageSubject =
  | { readonly kind: 'target' | 'feed'; readonly target: string }
  | { readonly kind: 'recording' };

/** @param failure Why a use failed; `null` if it succeeded. */
export type ReportOutcome = (subject: OutageSubject, failure: string | null) => void;

interface Outage {
  readonly subject: OutageSubject;
  state: OutageState;
  timer?: NodeJS.Timeout;
}

export class Outages {
  readonly #log: ReportOutcome;
  readonly #onChange: () => void;
  /** By key. What works has none. */
  readonly #outages = new Map<string, Outage>();

  /**
   * @param log Called when an outage begins, changes its reason, and ends.
   * @param onChange Called after `keys` may have changed.
   */
  constructor(log: ReportOutcome, onChange = () => {}) {
    this.#log = log;
    this.#onChange = onChange;
  }

  /** The keys of what has an outage. */
  get keys(): string[] {
    return [...this.#outages.keys()];
  }

  report(subject: OutageSubject, failure: string | null): void {
    const key = keyOf(subject);
    const known = this.#outages.get(key);
    if (known === undefined && failure === null) return;
    const outage: Outage = known ?? { subject, state: WORKING };
    const { reason: previousReason } = outage.state;
    const nowMs = performance.now();
    clearTimeout(outage.timer);
    outage.state = nextOutage(outage.state, failure, nowMs);
    switch (outage.state.is) {
      case 'failing':
        this.#outages.set(key, outage);
        break;
      case 'settling': {
        const again = () => this.report(subject, null);
        outage.timer = setTimeout(again, Math.ceil(outage.state.endsAtMs - nowMs)).unref();
        break;
      }
      case 'working':
        this.#outages.delete(key);
    }
    const { reason } = outage.state;
    if (reason === previousReason) return;
    this.#log(subject, reason);
    this.#onChange();
  }

  /** Forgets the outages of targets that are gone. */
  keepTargets(targets: readonly { name: string }[]): void {
    const names = new Set(targets.map(({ name }) => name));
    for (const [key, { subject, timer }] of this.#outages) {
      if (subject.kind !== 'target' || names.has(subject.target)) continue;
      clearTimeout(timer);
      this.#outages.delete(key);
    }
    this.#onChange();
  }
}

/** The part of a worker: passes on what the primary does not know. */
export class WorkerOutages {
  readonly #pass: ReportOutcome;
  #keys: Set<string>;

  /** @param keys Of what has an outage. */
  constructor(pass: ReportOutcome, keys: readonly string[]) {
    this.#pass = pass;
    this.#keys = new Set(keys);
  }

  setKeys(keys: readonly string[]): void {
    this.#keys = new Set(keys);
  }

  report(subject: OutageSubject, failure: string | null): void {
    const key = keyOf(subject);
    // A success may follow before the primary has sent the new keys.
    if (failure !== null) this.#keys.add(key);
    if (this.#keys.has(key)) this.#pass(subject, failure);
  }
}

function keyOf(subject: OutageSubject): string {
  return 'target' in subject ? `${subject.kind} ${subject.target}` : subject.kind;
}
