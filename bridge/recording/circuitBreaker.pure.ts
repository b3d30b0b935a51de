// Whether a recording may write into its folder. Pure: the time is an argument.
//
//   state       event                    next
//   working     a write fails            failing
//   failing     the delay has passed     failing, with one write as a probe
//               the probe fails          failing
//               the probe succeeds       working
//
// While it fails, there is one write per delay, however many sessions there are. The success of a
// write that began before the first failure proves nothing.
//
// It decides for one process what may be written. What the operator reads of the outcomes is up to
// cli/bridge/outage.pure.ts, whose states have the same names: there, `failing` stops nothing.

/** How long nothing is written after a failure. */
export const RETRY_DELAY_MS = 5_000;

/** What a write may be. `denied`: not now. */
export type WritePermit = 'normal' | 'probe' | 'denied';

type State =
  | { readonly is: 'working' }
  | { readonly is: 'failing'; readonly nextProbeAtMs: number };

export class CircuitBreaker {
  #state: State = { is: 'working' };

  /** Asks before a write. After any permit but `denied`, `succeeded` or `failed` must follow. */
  permit(nowMs: number): WritePermit {
    if (this.#state.is === 'working') return 'normal';
    if (nowMs < this.#state.nextProbeAtMs) return 'denied';
    this.failed(nowMs);
    return 'probe';
  }

  /** @returns Whether this proves that the folder works. */
  succeeded(permit: WritePermit): boolean {
    if (permit === 'probe') this.#state = { is: 'working' };
    return this.#state.is === 'working';
  }

  failed(nowMs: number): void {
    this.#state = { is: 'failing', nextProbeAtMs: nowMs + RETRY_DELAY_MS };
  }
}
