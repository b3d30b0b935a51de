// How a relay ends, as states. Each connection may close first, the bridge may send a close frame
// at any time, and it may be stopping.
//
//   state          WebSocket                       connection to the target
//   open           open                            open, or being opened
//   closing        the bridge's close frame sent   open
//   stopping       the same; the bridge stops      open
//   targetClosed   open, or close frame sent       closed
//   draining       closed                          gets the remaining bytes, then the stream's end
//   settling       closed                          the same; closed once the target is quiet
//   ended          closed                          closed
//
//   state          closeSent       stop       targetClosed   browserClosed
//   open           closing         stopping   targetClosed   draining
//   closing        –               stopping   targetClosed   draining
//   stopping       stopping *      –          targetClosed   settling
//   targetClosed   targetClosed *  –          –              ended
//   draining       –               settling   ended          –
//   settling       –               –          ended          –
//   ended          –               –          –              –
//
// `*`: takes the code, unless it has one: the code of the first close frame counts.

export type ClosingState =
  | { readonly is: 'open' }
  | { readonly is: 'closing'; readonly code: number }
  | { readonly is: 'stopping'; readonly code: number | undefined }
  | { readonly is: 'targetClosed'; readonly code: number | undefined }
  | { readonly is: 'draining' }
  | { readonly is: 'settling' }
  | { readonly is: 'ended' };

export type ClosingEvent =
  | { readonly is: 'closeSent'; readonly code: number }
  | { readonly is: 'stop' }
  | { readonly is: 'targetClosed' }
  | { readonly is: 'browserClosed' };

/** @returns The next state; the same object if the event changes nothing. */
export function nextState(state: ClosingState, event: ClosingEvent): ClosingState {
  switch (event.is) {
    case 'closeSent':
      if (state.is === 'open') return { is: 'closing', code: event.code };
      if (state.is !== 'stopping' && state.is !== 'targetClosed') return state;
      return state.code === undefined ? { is: state.is, code: event.code } : state;
    case 'stop':
      if (state.is === 'draining') return { is: 'settling' };
      if (state.is !== 'open' && state.is !== 'closing') return state;
      return { is: 'stopping', code: sentCode(state) };
    case 'targetClosed':
      if (state.is === 'targetClosed' || state.is === 'ended') return state;
      if (state.is === 'draining' || state.is === 'settling') return { is: 'ended' };
      return { is: 'targetClosed', code: sentCode(state) };
    case 'browserClosed':
      if (state.is === 'targetClosed') return { is: 'ended' };
      if (state.is === 'stopping') return { is: 'settling' };
      return state.is === 'open' || state.is === 'closing' ? { is: 'draining' } : state;
  }
}

/** The code of the bridge's close frame; `undefined` if it has sent none. */
export function sentCode(state: ClosingState): number | undefined {
  return 'code' in state ? state.code : undefined;
}
