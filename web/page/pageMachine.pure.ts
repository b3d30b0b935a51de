// The states of the page's conversation: what becomes of the line being typed when a prompt comes
// and goes, and when the connection is lost. Pure: `step` gets what happened, and returns the next
// state and the effects to perform in order (pageConversation.ts).
//
//   phase          event                                     next phase
//   starting       unreachable, loggedOut                    disconnected
//                  restore                                   disconnected
//                  opened                                    opened
//   opened         ask                                       prompting
//                  ask, if a message was interrupted         waiting (its command is sent for it)
//                  closed, if it is quiet and not stable     disconnected
//   prompting      line                                      waiting
//                  line, if it would replace a message       prompting (asks for another Enter)
//                  that the user has not seen
//                  command, endSession, at a command prompt  waiting
//                  endSession, in line mode                  prompting (closes the connection)
//                  stopAsking                                interrupted
//                  closed, if it is quiet and not stable     disconnected
//   waiting        ask                                       prompting
//   interrupted    ask                                       prompting
//   disconnected   opened                                    opened
//                  line                                      disconnected (connects)
//                  connecting, if the user ended it          disconnected (a failure is printed)
//   any            end                                       disconnected
//
// The line being typed itself is the line editor's. Beside it, and independent of the phase, is the
// input: after a password could not be sent, the keys up to Enter are discarded, because they are
// the rest of it.
//
//   editing --a password loses its prompt, or its connection--> discarding --Enter--> editing
//
// A new message replaces the one in force when the user began to write. If another client has stored
// one meanwhile, Enter prints that instead, and a second Enter sends.
//
// When the connection is lost, a command stays on the line. A message stays, too, and its command,
// such as MSGSTORE, is sent for it again. Completed lines that no prompt has asked for are discarded:
// they may be a password, and the next prompt asks for a command.

import { type Ending, isSecret } from '../../client/dialogue/conversation.ts';
import { isWriteCommand } from '../../protocol/commands.ts';
import type {
  KeptLine,
  MessagePrompt,
  PageEffect,
  PageEvent,
  PageState,
  Phase,
  Prompt,
  Stash,
  Step,
  TypedText,
} from './pageState.pure.ts';
import { askAgain, isMessage, isUnseen, type Replaceable } from './replaceable.pure.ts';
import { isPasswordTyped } from './typedPassword.pure.ts';

/** The announcement, and the prompt, while the rest of a password is discarded. */
export const PASSWORD_DISCARDED = 'The password was not sent; press Enter to continue: ';

const DISCARDED: PageEffect = { do: 'announce', text: PASSWORD_DISCARDED };

const ONE_LINE_KEPT: PageEffect = {
  do: 'print',
  line: '[not connected; only the first pasted line is kept]',
  speaker: 'note',
};

/** A key that completes or discards a line. */
const END_OF_LINE = /[\r\n\x03]/;

export function step(state: PageState, event: PageEvent, typed: TypedText): Step {
  switch (event.is) {
    case 'restore':
      return restore(state, event.kept);
    case 'opened':
      return opened(state);
    case 'received':
      return received(state);
    case 'closed':
      return closed(state, event, typed);
    case 'connecting':
      return connecting(state);
    case 'unreachable':
      return unreachable(state, event, typed);
    case 'loggedOut':
      return loggedOut(state, event.reason, typed);
    case 'ask':
      return ask(state, event, typed);
    case 'stopAsking':
      return stopAsking(state);
    case 'end':
      return end(state, event.ending, typed);
    case 'keys':
      return END_OF_LINE.test(event.data) ? stay({ ...state, input: 'editing' }) : stay(state);
    case 'line':
      return line(state, event, typed);
    case 'command':
      return command(state, event.command, typed);
    case 'interrupt':
      return interrupt(state, event.discarded);
    case 'endSession':
      return endSession(state, typed);
  }
}

function stay(state: PageState, ...effects: PageEffect[]): Step {
  return { state, effects };
}

/** Continues as after a lost connection, on a page that was loaded again. */
function restore(state: PageState, { line, messagePrompt }: KeptLine): Step {
  if (state.phase.is !== 'starting') return stay(state);
  const phase = { is: 'disconnected', ending: 'lost', messagePrompt } as const;
  return stay({ ...state, phase }, { do: 'startLine' }, { do: 'setLine', line });
}

function opened(state: PageState): Step {
  const { phase } = state;
  const lost = phase.is === 'disconnected' ? phase : undefined;
  const isQuiet = lost?.ending === 'lost' || lost?.ending === 'loggedOut';
  const messagePrompt = lost?.messagePrompt;
  return stay({ ...state, phase: { is: 'opened', isQuiet, messagePrompt } });
}

function received(state: PageState): Step {
  const { phase } = state;
  return 'isQuiet' in phase ? stay({ ...state, phase: { ...phase, isQuiet: false } }) : stay(state);
}

function closed(
  state: PageState,
  { reason, wasStable }: PageEvent & { is: 'closed' },
  typed: TypedText,
): Step {
  const { phase } = state;
  const isQuiet = 'isQuiet' in phase && phase.isQuiet && !wasStable;
  return isQuiet
    ? disconnect(state, 'lost', typed)
    : stay(state, { do: 'endConversation', reason });
}

function connecting(state: PageState): Step {
  const { phase } = state;
  const isByUser = phase.is === 'disconnected' && hasEnded(phase);
  return stay(isByUser ? { ...state, phase: { ...phase, ending: 'restarting' } } : state);
}

/**
 * Prints why the first attempt failed, also the first after a session has ended, and why the page
 * gives up. For other attempts, the status in the header is enough.
 */
function unreachable(
  state: PageState,
  { reason, isFinal }: PageEvent & { is: 'unreachable' },
  typed: TypedText,
): Step {
  const { phase } = state;
  const note: PageEffect = { do: 'print', line: `[${reason}]`, speaker: 'note' };
  if (phase.is === 'starting') {
    const { state: next, effects } = end(state, 'lost', typed);
    return stay(next, note, ...effects);
  }
  const isKnown = phase.is !== 'disconnected' || hasEnded(phase);
  if (isKnown || !(isFinal || phase.ending === 'restarting')) return stay(state);
  const next: Phase = { ...phase, ending: 'lost' };
  return stay({ ...state, phase: next }, note, { do: 'printNextStep', ending: 'lost' });
}

/** Whether no attempt to connect follows before the user asks for one. */
function hasEnded({ ending }: Phase & { is: 'disconnected' }): boolean {
  return ending === 'quit' || ending === 'shutDown' || ending === 'rejected';
}

/** Prints what helps, once: an attempt to connect may find the same again. */
function loggedOut(state: PageState, reason: string, typed: TypedText): Step {
  const { phase } = state;
  const line = `[${reason}: log in with the button above]`;
  const note: PageEffect = { do: 'print', line, speaker: 'note' };
  if (phase.is === 'starting') {
    const { state: next, effects } = disconnect(state, 'loggedOut', typed);
    return stay(next, ...effects, note);
  }
  if (phase.is !== 'disconnected' || phase.ending === 'loggedOut') return stay(state);
  return stay({ ...state, phase: { ...phase, ending: 'loggedOut' } }, note);
}

function ask(before: PageState, event: PageEvent & { is: 'ask' }, typed: TypedText): Step {
  const { prompt } = event;
  const { phase } = before;
  const state = { ...before, replaceable: replaceableAt(before, event) };
  const isTyped = typed.line !== '' || typed.hasTypeAhead;
  // A password that was being typed must not answer another prompt.
  if (isTyped && isPasswordTyped(phase) && !isSecret(prompt.kind)) {
    const { state: next, effects } = startPrompt(state, prompt, '');
    return stay(
      { ...next, input: typed.line === '' ? state.input : 'discarding' },
      { do: 'discardTypeAhead' },
      { do: 'setLine', line: '' },
      DISCARDED,
      ...effects,
    );
  }
  const interrupted = phase.is === 'opened' ? phase.messagePrompt : undefined;
  // The user may have discarded the message meanwhile.
  if (interrupted && typed.line !== '')
    return resumeMessage(state, prompt, interrupted, typed.line);
  return startPrompt(state, prompt, typed.line);
}

/** An interrupted message keeps what the user had seen at its first prompt. */
function replaceableAt(
  { phase, replaceable }: PageState,
  { prompt, message }: PageEvent & { is: 'ask' },
): Replaceable {
  if (prompt.kind !== 'MSGSTORE') return replaceable;
  const { seen, own } = replaceable;
  const isInterrupted = stashOf(phase)?.messagePrompt !== undefined && seen !== undefined;
  // Once the own message has arrived, the same text is another client's.
  return { seen: isInterrupted ? seen : message, own: message === own ? undefined : own };
}

/** Starts a prompt. If it is not secret, the stashed line goes before the text typed since. */
function startPrompt(state: PageState, prompt: Prompt, typedLine: string): Step {
  const { phase } = state;
  const isQuiet = phase.is === 'opened' && phase.isQuiet;
  const stash = stashOf(phase);
  const prompting = { is: 'prompting', prompt, isQuiet } as const;
  const start = { do: 'startPrompt', prompt } as const;
  if (stash === undefined || isSecret(prompt.kind)) {
    return stay({ ...state, phase: { ...prompting, stash } }, start);
  }
  const setLine = { do: 'setLine', line: `${stash.line}${typedLine}` } as const;
  return stay({ ...state, phase: { ...prompting, stash: undefined } }, start, setLine);
}

/** Sends the command of an interrupted message. The server may ask for a password first. */
function resumeMessage(
  state: PageState,
  prompt: Prompt,
  messagePrompt: MessagePrompt,
  message: string,
): Step {
  const { kind: sent } = messagePrompt;
  return stay(
    { ...state, phase: { is: 'waiting', sent, stash: { line: message, messagePrompt } } },
    { do: 'startPrompt', prompt },
    { do: 'setLine', line: '' },
    ...answer(prompt, sent),
  );
}

function stopAsking(state: PageState): Step {
  const { phase } = state;
  if (phase.is !== 'prompting') return stay(state);
  const { prompt, stash } = phase;
  return stay({ ...state, phase: { is: 'interrupted', prompt, stash } }, { do: 'hideLine' });
}

function end(state: PageState, ending: Ending, typed: TypedText): Step {
  const { state: next, effects } = disconnect(state, ending, typed);
  const stopRetrying: PageEffect[] = ending === 'lost' ? [] : [{ do: 'stopRetrying' }];
  return stay(next, ...effects, ...stopRetrying, { do: 'printNextStep', ending });
}

function disconnect(state: PageState, ending: Ending | 'loggedOut', typed: TypedText): Step {
  const { phase } = state;
  const isPassword = isPasswordTyped(phase);
  const isTypeAhead = !('prompt' in phase) && typed.hasTypeAhead;
  const stash = stashOf(phase);
  const kept = isPassword || isTypeAhead ? '' : typed.line;
  const isChanged = isPassword || isTypeAhead || stash !== undefined;
  return stay(
    {
      ...state,
      input: isPassword ? 'discarding' : state.input,
      phase: { is: 'disconnected', ending, messagePrompt: interruptedMessage(phase) },
    },
    { do: 'discardTypeAhead' },
    ...(isPassword ? [DISCARDED] : []),
    ...(isChanged ? [{ do: 'setLine', line: `${stash?.line ?? ''}${kept}` } as const] : []),
    { do: 'startLine' },
  );
}

/** @returns The prompt of the message that a lost connection interrupts, or had interrupted. */
function interruptedMessage(phase: Phase): MessagePrompt | undefined {
  if (phase.is === 'opened') return phase.messagePrompt;
  if ('prompt' in phase && isMessagePrompt(phase.prompt)) return phase.prompt;
  return stashOf(phase)?.messagePrompt;
}

function line(state: PageState, event: PageEvent & { is: 'line' }, typed: TypedText): Step {
  const { phase } = state;
  const { line: text, message } = event;
  if (phase.is === 'disconnected') return connect(state, phase, text, typed);
  if (phase.is !== 'prompting') return stay(state);
  const { prompt, stash } = phase;
  const isNewMessage = prompt.kind === 'MSGSTORE' && isMessage(text);
  if (isNewMessage && isUnseen(message, state.replaceable)) {
    return stay(
      { ...state, replaceable: { ...state.replaceable, seen: message } },
      ...askAgain(text),
    );
  }
  const own = isNewMessage ? text.trim() : state.replaceable.own;
  const sent = prompt.kind === 'command' ? text.trim() : '';
  const kept = isSecret(prompt.kind) ? stash : undefined;
  const replaceable = { ...state.replaceable, own };
  const next: Phase = { is: 'waiting', sent, stash: kept };
  return stay({ ...state, phase: next, replaceable }, ...answer(prompt, text));
}

/** Sends a command, and sets the line being typed aside. */
function command(state: PageState, sent: string, typed: TypedText): Step {
  const { phase } = state;
  if (phase.is !== 'prompting' || !takesCommand(phase.prompt)) return stay(state);
  const stash = typed.line === '' ? undefined : { line: typed.line, messagePrompt: undefined };
  return stay(
    { ...state, input: 'editing', phase: { is: 'waiting', sent, stash } },
    { do: 'setLine', line: '' },
    ...answer(phase.prompt, sent),
  );
}

function takesCommand({ kind }: Prompt): boolean {
  return kind === 'command' || kind === 'line';
}

function answer(prompt: Prompt, text: string): PageEffect[] {
  // A leading space keeps a line out of the history, as in a shell.
  const isRemembered = !isSecret(prompt.kind) && !text.startsWith(' ');
  return [
    { do: 'completeLine', prompt, line: text, suffix: '' },
    ...(isRemembered ? [{ do: 'remember', line: text } as const] : []),
    { do: 'answer', line: text },
  ];
}

/** Enter connects, and keeps the line to be sent with another Enter. */
function connect(
  state: PageState,
  { messagePrompt }: Phase & { is: 'disconnected' },
  text: string,
  { line: rest, hasTypeAhead, isMessageServer }: TypedText,
): Step {
  const isPaste = hasTypeAhead || rest !== '';
  const isShutdown = isMessageServer && messagePrompt === undefined && text.trim() === 'SHUTDOWN';
  // A user who does not look at the screen types the password next.
  if (isShutdown && !isPaste) {
    return stay({ ...state, input: 'discarding' }, { do: 'remember', line: text }, DISCARDED, {
      do: 'connect',
    });
  }
  return stay(
    state,
    ...(isPaste ? [ONE_LINE_KEPT] : []),
    { do: 'discardTypeAhead' },
    { do: 'setLine', line: text },
    { do: 'connect' },
  );
}

/** Leaves the discarded text on the screen, as a shell does. */
function interrupt(state: PageState, discarded: string): Step {
  const { phase } = state;
  if (phase.is !== 'prompting') return stay(state);
  const { prompt } = phase;
  return stay(state, { do: 'completeLine', prompt, line: discarded, suffix: '^C' });
}

function endSession(state: PageState, typed: TypedText): Step {
  const { phase } = state;
  if (phase.is !== 'prompting') return stay(state);
  if (phase.prompt.kind !== 'line') return command(state, 'QUIT', typed);
  return stay({ ...state, phase: { ...phase, isQuiet: false } }, { do: 'close' });
}

function isMessagePrompt(prompt: Prompt): prompt is MessagePrompt {
  return isWriteCommand(prompt.kind);
}

function stashOf(phase: Phase): Stash | undefined {
  return 'stash' in phase ? phase.stash : undefined;
}
