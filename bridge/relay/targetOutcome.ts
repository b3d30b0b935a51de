// Reports whether a session reached its target. Over TLS, 'connect' does not prove it: a server of
// TLS 1.3 rejects a client without a certificate after the handshake.
//
//   state        event                                     next      report
//   connecting   connected, without TLS                    settled   success
//                connected over TLS                        unproven
//                an error                                  settled   failure
//   unproven     VERDICT_MS have passed                    settled   success
//                the target ends the stream                settled   success
//                another error, or closed                  settled   none
//
//   any state: an error about the client certificate leads to settled, and is a failure.

import { explainFailure, isClientCertificateFailure, targetFailure } from './describeFailure.ts';
import type { Target } from './targets.ts';

/** How long a server of TLS may take to reject the client. Only the log of outages waits for it. */
export const VERDICT_MS = 1000;

/** @param failure Why the target was not reached; `null` if it was. */
export type ReportTargetOutcome = (target: string, failure: string | null) => void;

type State =
  | { readonly is: 'connecting' }
  | { readonly is: 'unproven'; readonly timer: NodeJS.Timeout }
  | { readonly is: 'settled' };

const CONNECTING: State = { is: 'connecting' };
const SETTLED: State = { is: 'settled' };

export class TargetOutcome {
  readonly #target: Pick<Target, 'name' | 'tlsName'>;
  readonly #report: ReportTargetOutcome | undefined;
  #state: State = CONNECTING;

  constructor(target: Pick<Target, 'name' | 'tlsName'>, report: ReportTargetOutcome | undefined) {
    this.#target = target;
    this.#report = report;
  }

  connected(): void {
    const succeed = () => this.#settle(null);
    if (this.#target.tlsName === undefined) succeed();
    else this.#state = { is: 'unproven', timer: setTimeout(succeed, VERDICT_MS).unref() };
  }

  /** The target has ended the stream without an error. */
  ended(): void {
    if (this.#state.is === 'unproven') this.#settle(null);
  }

  failed(error: Error): void {
    const isFailure =
      this.#state.is === 'connecting' || isClientCertificateFailure(targetFailure(error));
    this.#settle(isFailure ? explainFailure(error, this.#target) : undefined);
  }

  closed(): void {
    this.#settle();
  }

  #settle(failure?: string | null): void {
    if (this.#state.is === 'unproven') clearTimeout(this.#state.timer);
    this.#state = SETTLED;
    if (failure !== undefined) this.#report?.(this.#target.name, failure);
  }
}
