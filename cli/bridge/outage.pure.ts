// Whether something that the bridge depends on works, from the outcomes of its uses. Pure: the time
// is an argument.
//
//   state       event                                        next
//   working     a failure                                    failing: the outage begins
//   failing     a success, SETTLE_MS after the last failure  working: the outage ends
//               a success before that                        settling
//   settling    a failure                                    failing
//               SETTLE_MS after the last failure             working: the outage ends
//
// The reason of an outage is what the log has: it changes with its cause, SETTLE_MS after the last
// change at the earliest.
//
// It does not matter which process had an outcome, so that one which exits leaves nothing open. A
// target that fails now and then has one long outage: the log gets two lines per SETTLE_MS at most.
//
// It only describes: uses go on in every state. bridge/recording/circuitBreaker.pure.ts decides
// whether a process may write; its states have the same names, and it has no SETTLE_MS.

/** How long after its last failure an outage may end. */
export const SETTLE_MS = 10_000;

interface Outage {
  readonly reason: string;
  readonly reasonFixedUntilMs: number;
  readonly endsAtMs: number;
}

export type OutageState =
  | { readonly is: 'working'; readonly reason: null }
  | ({ readonly is: 'failing' } & Outage)
  /** The caller reports a success again at its end. */
  | ({ readonly is: 'settling' } & Outage);

export const WORKING: OutageState = { is: 'working', reason: null };

/** @param failure Why a use failed; `null` if it succeeded. */
export function nextOutage(state: OutageState, failure: string | null, nowMs: number): OutageState {
  if (failure !== null) return failing(state, failure, nowMs);
  if (state.is === 'working' || nowMs >= state.endsAtMs) return WORKING;
  return { ...state, is: 'settling' };
}

function failing(state: OutageState, failure: string, nowMs: number): OutageState {
  const endsAtMs = nowMs + SETTLE_MS;
  const keepsReason =
    state.is !== 'working' && (state.reason === failure || nowMs < state.reasonFixedUntilMs);
  if (keepsReason) return { ...state, is: 'failing', endsAtMs };
  return { is: 'failing', endsAtMs, reason: failure, reasonFixedUntilMs: nowMs + SETTLE_MS };
}
