// The moves of the page's conversation (pageMachine.pure.ts) when a prompt comes, goes, and is
// answered.

import {
  asksForCommand,
  continuesCommand,
  isSecret,
  isSecretAnswer,
  takesCommand,
} from '../../client/dialogue/conversation.ts';
import {
  type MessagePrompt,
  note,
  type PageEffect,
  type PageEvent,
  type PageState,
  type Phase,
  type Prompt,
  type Step,
  stepTo,
  type TypedText,
} from './pageState.pure.ts';
import { askAgain, isMessage, isUnseen, replaceableAt } from './replaceable.pure.ts';
import { stashOf } from './stash.pure.ts';
import { ANNOUNCE_DISCARDED, isPasswordTyped } from './typedPassword.pure.ts';

const CANCELED = note('[canceled; nothing was changed]');

export function ask(before: PageState, event: PageEvent & { is: 'ask' }, typed: TypedText): Step {
  const { prompt } = event;
  const { phase } = before;
  const state = { ...before, replaceable: replaceableAt(before, event) };
  const isTyped = typed.line !== '' || typed.hasTypeAhead;
  // A password that was being typed must not answer another prompt.
  const isPassword = isTyped && isPasswordTyped(phase, typed.line);
  if (isPassword && !isSecretAnswer(prompt.kind, typed.line)) {
    const { state: next, effects } = startPrompt(state, prompt, '');
    return stepTo(
      { ...next, input: typed.line === '' ? state.input : 'discarding' },
      { do: 'discardTypeAhead' },
      { do: 'setLine', line: '' },
      ANNOUNCE_DISCARDED,
      ...effects,
    );
  }
  const interrupted = phase.is === 'opened' ? phase.messagePrompt : undefined;
  // The user may have discarded the message meanwhile.
  if (interrupted && typed.line !== '')
    return resumeMessage(state, prompt, interrupted, typed.line);
  const stash = stashOf(phase);
  if (prompt.kind === 'retry' && stash?.messagePrompt)
    return resumeMessage(state, prompt, stash.messagePrompt, `${stash.line}${typed.line}`);
  return startPrompt(state, prompt, typed.line);
}

/** Starts a prompt. If it is not secret, the stashed line goes before the text typed since. */
function startPrompt(state: PageState, prompt: Prompt, typedLine: string): Step {
  const { phase } = state;
  const isQuiet = phase.is === 'opened' && phase.isQuiet;
  const stash = stashOf(phase);
  const prompting = { is: 'prompting', prompt, isQuiet } as const;
  const start = { do: 'startPrompt', prompt } as const;
  if (stash === undefined || isSecret(prompt.kind)) {
    return stepTo({ ...state, phase: { ...prompting, stash } }, start);
  }
  const setLine = { do: 'setLine', line: `${stash.line}${typedLine}` } as const;
  return stepTo({ ...state, phase: { ...prompting, stash: undefined } }, start, setLine);
}

/**
 * Sends the command of an interrupted message. The server may ask for a password first; if that was
 * wrong, it asks for it again.
 */
function resumeMessage(
  state: PageState,
  prompt: Prompt,
  messagePrompt: MessagePrompt,
  message: string,
): Step {
  const { kind: sent } = messagePrompt;
  return stepTo(
    { ...state, phase: { is: 'waiting', sent, stash: { line: message, messagePrompt } } },
    { do: 'startPrompt', prompt },
    { do: 'discardTypeAhead' },
    { do: 'setLine', line: '' },
    ...answer(prompt, sent),
  );
}

export function stopAsking(state: PageState): Step {
  const { phase } = state;
  if (phase.is !== 'prompting') return stepTo(state);
  const { prompt, stash } = phase;
  return stepTo({ ...state, phase: { is: 'interrupted', prompt, stash } }, { do: 'hideLine' });
}

export function line(state: PageState, event: PageEvent & { is: 'line' }): Step {
  const { phase } = state;
  const { line: text, message } = event;
  if (phase.is !== 'prompting') return stepTo(state);
  const { prompt, stash } = phase;
  const isNewMessage = prompt.kind === 'MSGSTORE' && isMessage(text);
  if (isNewMessage && isUnseen(message, state.replaceable)) {
    return stepTo(
      { ...state, replaceable: { ...state.replaceable, seen: message } },
      ...askAgain(text),
    );
  }
  const own = isNewMessage ? text.trim() : state.replaceable.own;
  const sent = asksForCommand(prompt.kind) ? text.trim() : '';
  const kept = isSecret(prompt.kind) ? stash : undefined;
  const replaceable = { ...state.replaceable, own };
  const next: Phase = { is: 'waiting', sent, stash: kept };
  return stepTo({ ...state, phase: next, replaceable }, ...answer(prompt, text));
}

/** Sends a command, and sets the line being typed aside, unless it may be a password. */
export function command(state: PageState, sent: string, typed: TypedText): Step {
  const { phase } = state;
  if (phase.is !== 'prompting' || !takesCommand(phase.prompt.kind)) return stepTo(state);
  const isKept = typed.line !== '' && !isPasswordTyped(phase, typed.line);
  const stash = isKept ? { line: typed.line, messagePrompt: undefined } : undefined;
  return stepTo(
    { ...state, input: 'editing', phase: { is: 'waiting', sent, stash } },
    { do: 'setLine', line: '' },
    ...answer(phase.prompt, sent),
  );
}

function answer(prompt: Prompt, text: string): PageEffect[] {
  // A leading space keeps a line out of the history, as in a shell.
  const isRemembered = !isSecretAnswer(prompt.kind, text) && !text.startsWith(' ');
  return [
    { do: 'completeLine', prompt, line: text, suffix: '' },
    ...(isRemembered ? [{ do: 'remember', line: text } as const] : []),
    { do: 'answer', line: text },
  ];
}

/**
 * Leaves the discarded text on the screen, as a shell does.
 *
 * The rest of a command is canceled in another session: the protocol has no way out of a password
 * prompt, except a wrong password.
 */
export function interrupt(state: PageState, discarded: string, suffix = '^C'): Step {
  const { phase } = state;
  if (phase.is !== 'prompting') return stepTo(state);
  const { prompt, stash } = phase;
  const completeLine = { do: 'completeLine', prompt, line: discarded, suffix } as const;
  if (!continuesCommand(prompt.kind)) return stepTo(state, completeLine);
  return stepTo(
    { ...state, phase: { is: 'disconnected', ending: 'quit', messagePrompt: undefined } },
    completeLine,
    CANCELED,
    { do: 'setLine', line: stash?.line ?? '' },
    { do: 'startLine' },
    { do: 'close' },
    { do: 'connect' },
  );
}

export function endSession(state: PageState, typed: TypedText): Step {
  const { phase } = state;
  if (phase.is !== 'prompting') return stepTo(state);
  const { kind } = phase.prompt;
  if (continuesCommand(kind)) return interrupt(state, '', '^D');
  if (kind !== 'line') return command(state, 'QUIT', typed);
  return stepTo({ ...state, phase: { ...phase, isQuiet: false } }, { do: 'close' });
}
