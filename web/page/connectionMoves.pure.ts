// The moves of the page's conversation (pageMachine.pure.ts) when its connection opens, closes, or
// cannot be opened, and while there is none.

import type { Ending } from '../../client/dialogue/conversation.ts';
import {
  type KeptLine,
  note,
  type PageEffect,
  type PageEvent,
  type PageState,
  type Phase,
  type Step,
  stepTo,
  type TypedText,
} from './pageState.pure.ts';
import { interruptedMessage, stashOf } from './stash.pure.ts';
import { ANNOUNCE_DISCARDED, isPasswordTyped } from './typedPassword.pure.ts';

const ONE_LINE_KEPT = note('[not connected; only the first pasted line is kept]');

/** Continues as after a lost connection, on a page that was loaded again. */
export function restore(state: PageState, { line, messagePrompt }: KeptLine): Step {
  if (state.phase.is !== 'starting') return stepTo(state);
  const phase = { is: 'disconnected', ending: 'lost', messagePrompt } as const;
  return stepTo({ ...state, phase }, { do: 'startLine' }, { do: 'setLine', line });
}

export function opened(state: PageState): Step {
  const { phase } = state;
  const lost = phase.is === 'disconnected' ? phase : undefined;
  const isQuiet = lost?.ending === 'lost' || lost?.ending === 'loggedOut';
  const messagePrompt = lost?.messagePrompt;
  return stepTo({ ...state, phase: { is: 'opened', isQuiet, messagePrompt } });
}

export function received(state: PageState): Step {
  const { phase } = state;
  return stepTo('isQuiet' in phase ? { ...state, phase: { ...phase, isQuiet: false } } : state);
}

export function closed(
  state: PageState,
  { reason, wasStable }: PageEvent & { is: 'closed' },
  typed: TypedText,
): Step {
  const { phase } = state;
  if (phase.is === 'disconnected') return stepTo(state);
  const isQuiet = 'isQuiet' in phase && phase.isQuiet && !wasStable;
  return isQuiet
    ? disconnect(state, 'lost', typed)
    : stepTo(state, { do: 'endConversation', reason });
}

export function connecting(state: PageState): Step {
  const { phase } = state;
  const isByUser = phase.is === 'disconnected' && hasEnded(phase);
  return stepTo(isByUser ? { ...state, phase: { ...phase, ending: 'restarting' } } : state);
}

/**
 * Prints why the first attempt failed, also the first after a session has ended, and why the page
 * gives up. For other attempts, the status in the header is enough.
 */
export function unreachable(
  state: PageState,
  { reason, isFinal }: PageEvent & { is: 'unreachable' },
  typed: TypedText,
): Step {
  const { phase } = state;
  const failure = note(`[${reason}]`);
  if (phase.is === 'starting') {
    const { state: next, effects } = end(state, 'lost', typed);
    return stepTo(next, failure, ...effects);
  }
  const isKnown = phase.is !== 'disconnected' || hasEnded(phase);
  if (isKnown || !(isFinal || phase.ending === 'restarting')) return stepTo(state);
  const next: Phase = { ...phase, ending: 'lost' };
  return stepTo({ ...state, phase: next }, failure, { do: 'printNextStep', ending: 'lost' });
}

/** Whether no attempt to connect follows before the user asks for one. */
function hasEnded({ ending }: Phase & { is: 'disconnected' }): boolean {
  return ending === 'quit' || ending === 'shutDown' || ending === 'rejected';
}

/** Prints what helps, once: an attempt to connect may find the same again. */
export function loggedOut(state: PageState, reason: string, typed: TypedText): Step {
  const { phase } = state;
  const advice = note(`[${reason}: log in with the button above]`);
  if (phase.is === 'starting') {
    const { state: next, effects } = disconnect(state, 'loggedOut', typed);
    return stepTo(next, ...effects, advice);
  }
  if (phase.is !== 'disconnected' || phase.ending === 'loggedOut') return stepTo(state);
  return stepTo({ ...state, phase: { ...phase, ending: 'loggedOut' } }, advice);
}

export function end(state: PageState, ending: Ending, typed: TypedText): Step {
  const { state: next, effects } = disconnect(state, ending, typed);
  const stopRetrying: PageEffect[] = ending === 'lost' ? [] : [{ do: 'stopRetrying' }];
  return stepTo(next, ...effects, ...stopRetrying, { do: 'printNextStep', ending });
}

function disconnect(state: PageState, ending: Ending | 'loggedOut', typed: TypedText): Step {
  const { phase } = state;
  const isPassword = isPasswordTyped(phase, typed.line);
  const isTypeAhead = !('prompt' in phase) && typed.hasTypeAhead;
  const stash = stashOf(phase);
  const kept = isPassword || isTypeAhead ? '' : typed.line;
  const isChanged = isPassword || isTypeAhead || stash !== undefined;
  return stepTo(
    {
      ...state,
      input: isPassword ? 'discarding' : state.input,
      phase: { is: 'disconnected', ending, messagePrompt: interruptedMessage(phase) },
    },
    { do: 'discardTypeAhead' },
    ...(isPassword ? [ANNOUNCE_DISCARDED] : []),
    ...(isChanged ? [{ do: 'setLine', line: `${stash?.line ?? ''}${kept}` } as const] : []),
    { do: 'startLine' },
  );
}

/** Enter connects, and keeps the line to be sent with another Enter. */
export function connect(
  state: PageState,
  { messagePrompt }: Phase & { is: 'disconnected' },
  text: string,
  { line: rest, hasTypeAhead, isMessageServer }: TypedText,
): Step {
  const isPaste = hasTypeAhead || rest !== '';
  const isShutdown = isMessageServer && messagePrompt === undefined && text.trim() === 'SHUTDOWN';
  // A user who does not look at the screen types the password next.
  if (isShutdown && !isPaste) {
    const remember: PageEffect = { do: 'remember', line: text };
    const discarding = { ...state, input: 'discarding' } as const;
    return stepTo(discarding, remember, ANNOUNCE_DISCARDED, { do: 'connect' });
  }
  return stepTo(
    state,
    ...(isPaste ? [ONE_LINE_KEPT] : []),
    { do: 'discardTypeAhead' },
    { do: 'setLine', line: text },
    { do: 'connect' },
  );
}
