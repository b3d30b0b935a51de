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
// It does not matter which process had an outcome, so that one which exits leaves nothing open. A
// target that fails now and then has one long outage: the log gets two lines per SETTLE_MS at most.

/** How long after its last failure an outage may end. */
export const SETTLE_MS = 10_000;

export type OutageState =
  | { readonly is: 'working' }
  | { readonly is: 'failing'; readonly endsAtMs: number }
  /** The caller reports a success again at that time. */
  | { readonly is: 'settling'; readonly endsAtMs: number };

const WORKING: OutageState = { is: 'working' };

export function nextOutage(
  state: OutageState,
  outcome: 'success' | 'failure',
  nowMs: number,
): OutageState {
  if (outcome === 'failure') return { is: 'failing', endsAtMs: nowMs + SETTLE_MS };
  if (state.is === 'working' || nowMs >= state.endsAtMs) return WORKING;
  return { is: 'settling', endsAtMs: state.endsAtMs };
}
