// Whether the folder of the recordings accepts writes. Pure: the time is an argument.
//
//   state      event                             next
//   working    a write fails                     failing (reported)
//   failing    the delay has passed              failing, with one write as a probe
//              the probe fails                   failing
//              the probe succeeds                working (reported)
//
// While it fails, there is one write per delay, however many sessions there are. The outcome of a
// write that began before the outage does not end it.

/** How long nothing is written after a failure. */
export const RETRY_DELAY_MS = 5_000;

/** What a write may be. `denied`: not now. */
export type WritePermit = 'normal' | 'probe' | 'denied';

type State =
  | { readonly is: 'working' }
  | { readonly is: 'failing'; readonly nextProbeAtMs: number };

export class Outage {
  #state: State = { is: 'working' };

  /** Asks before a write. After any permit but `denied`, `succeeded` or `failed` must follow. */
  permit(nowMs: number): WritePermit {
    if (this.#state.is === 'working') return 'normal';
    if (nowMs < this.#state.nextProbeAtMs) return 'denied';
    this.#fail(nowMs);
    return 'probe';
  }

  /** @returns Whether this ends an outage. */
  succeeded(permit: WritePermit): boolean {
    if (this.#state.is === 'working' || permit !== 'probe') return false;
    this.#state = { is: 'working' };
    return true;
  }

  /** @returns Whether this begins an outage. */
  failed(nowMs: number): boolean {
    const begins = this.#state.is === 'working';
    this.#fail(nowMs);
    return begins;
  }

  #fail(nowMs: number): void {
    this.#state = { is: 'failing', nextProbeAtMs: nowMs + RETRY_DELAY_MS };
  }
}
