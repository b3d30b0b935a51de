// The states of the page's conversation: what becomes of the line being typed when a prompt comes
// and goes, and when the connection is lost. Pure: `step` gets what happened, and returns the next
// state and the effects to perform in order (pageConversation.ts).
//
//   phase          event                                     next phase
//   starting       unreachable                               disconnected
//                  opened                                    opened
//   opened         ask                                       prompting
//                  ask, if a message was interrupted         waiting (its command is sent for it)
//   prompting      line                                      waiting
//                  command, endSession, at a command prompt  waiting
//                  endSession, in line mode                  prompting (closes the connection)
//                  stopAsking                                interrupted
//                  closed, if it is quiet and not stable     disconnected
//   waiting        ask                                       prompting
//   interrupted    ask                                       prompting
//   disconnected   opened                                    opened
//                  line                                      disconnected (connects)
//   any            end                                       disconnected
//
// The line being typed itself is the line editor's. Beside it, and independent of the phase, is the
// input: after a password could not be sent, the keys up to Enter are discarded, because they are
// the rest of it.
//
//   editing --a password loses its prompt, or its connection--> discarding --Enter--> editing
//
// When the connection is lost, a command stays on the line. A message stays, too, and its command,
// such as MSGSTORE, is sent for it again. Completed lines that no prompt has asked for are discarded: they may be a
// password, and the next prompt asks for a command.

import { type Ending, isSecret } from '../../client/dialogue/conversation.ts';
import { isWriteCommand, WRITE_COMMANDS } from '../../protocol/commands.ts';
import type {
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

/** The announcement, and the prompt, while the rest of a password is discarded. */
export const PASSWORD_DISCARDED = 'The password was not sent; press Enter to continue: ';

const DISCARDED: PageEffect = { do: 'announce', text: PASSWORD_DISCARDED };

const ONE_LINE_KEPT: PageEffect = {
  do: 'print',
  line: '[not connected; only the first pasted line is kept]',
  speaker: 'note',
};

/** A password prompt may follow these commands: what is typed ahead of it may be a password. */
const PASSWORD_COMMANDS: ReadonlySet<string> = new Set([...WRITE_COMMANDS, 'SHUTDOWN']);

/** A key that completes or discards a line. */
const END_OF_LINE = /[\r\n\x03]/;

export function step(state: PageState, event: PageEvent, typed: TypedText): Step {
  switch (event.is) {
    case 'opened':
      return opened(state);
    case 'received':
      return received(state);
    case 'closed':
      return closed(state, event, typed);
    case 'unreachable':
      return unreachable(state, event.reason, typed);
    case 'ask':
      return ask(state, event.prompt, typed);
    case 'stopAsking':
      return stopAsking(state);
    case 'end':
      return end(state, event.ending, typed);
    case 'keys':
      return END_OF_LINE.test(event.data) ? stay({ ...state, input: 'editing' }) : stay(state);
    case 'line':
      return line(state, event.line, typed);
    case 'command':
      return command(state, event.command, typed);
    case 'interrupt':
      return interrupt(state, event.discarded);
    case 'endSession':
      return endSession(state, typed);
  }
}

/** Whether what is being typed is a password, as far as the page can know. */
function isPasswordTyped(phase: Phase): boolean {
  if ('prompt' in phase) return isSecret(phase.prompt.kind);
  return phase.is === 'waiting' && phase.sent === 'SHUTDOWN';
}

/** Whether what is typed while there is no prompt may be a password. */
export function mayTypePassword(phase: Phase): boolean {
  if (phase.is === 'interrupted') return isSecret(phase.prompt.kind);
  return phase.is === 'waiting' && PASSWORD_COMMANDS.has(phase.sent);
}

function stay(state: PageState, ...effects: PageEffect[]): Step {
  return { state, effects };
}

function opened({ phase, input }: PageState): Step {
  const lost = phase.is === 'disconnected' ? phase : undefined;
  const isQuiet = lost?.ending === 'lost';
  return stay({ input, phase: { is: 'opened', isQuiet, messagePrompt: lost?.messagePrompt } });
}

function received(state: PageState): Step {
  const { phase, input } = state;
  if (phase.is !== 'prompting') return stay(state);
  return stay({ input, phase: { ...phase, isQuiet: false } });
}

function closed(
  state: PageState,
  { reason, wasStable }: PageEvent & { is: 'closed' },
  typed: TypedText,
): Step {
  const { phase } = state;
  const isQuiet = phase.is === 'prompting' && phase.isQuiet && !wasStable;
  return isQuiet
    ? disconnect(state, 'lost', typed)
    : stay(state, { do: 'endConversation', reason });
}

/** Prints why the first attempt failed. For later ones, the status in the header is enough. */
function unreachable(state: PageState, reason: string, typed: TypedText): Step {
  if (state.phase.is !== 'starting') return stay(state);
  const { state: next, effects } = end(state, 'lost', typed);
  return stay(next, { do: 'print', line: `[${reason}]`, speaker: 'note' }, ...effects);
}

function ask(state: PageState, prompt: Prompt, typed: TypedText): Step {
  const { phase } = state;
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

/** Starts a prompt. If it is not secret, the stashed line goes before the text typed since. */
function startPrompt({ phase, input }: PageState, prompt: Prompt, typedLine: string): Step {
  const isQuiet = phase.is === 'opened' && phase.isQuiet;
  const stash = stashOf(phase);
  const prompting = { is: 'prompting', prompt, isQuiet } as const;
  const start = { do: 'startPrompt', prompt } as const;
  if (stash === undefined || isSecret(prompt.kind)) {
    return stay({ input, phase: { ...prompting, stash } }, start);
  }
  const setLine = { do: 'setLine', line: `${stash.line}${typedLine}` } as const;
  return stay({ input, phase: { ...prompting, stash: undefined } }, start, setLine);
}

/** Sends the command of an interrupted message. The server may ask for a password first. */
function resumeMessage(
  { input }: PageState,
  prompt: Prompt,
  messagePrompt: MessagePrompt,
  message: string,
): Step {
  const { kind: sent } = messagePrompt;
  return stay(
    { input, phase: { is: 'waiting', sent, stash: { line: message, messagePrompt } } },
    { do: 'startPrompt', prompt },
    { do: 'setLine', line: '' },
    ...answer(prompt, sent),
  );
}

function stopAsking(state: PageState): Step {
  const { phase, input } = state;
  if (phase.is !== 'prompting') return stay(state);
  const { prompt, stash } = phase;
  return stay({ input, phase: { is: 'interrupted', prompt, stash } }, { do: 'hideLine' });
}

function end(state: PageState, ending: Ending, typed: TypedText): Step {
  const { state: next, effects } = disconnect(state, ending, typed);
  const stopRetrying: PageEffect[] = ending === 'lost' ? [] : [{ do: 'stopRetrying' }];
  return stay(next, ...effects, ...stopRetrying, { do: 'printNextStep', ending });
}

function disconnect({ phase, input }: PageState, ending: Ending, typed: TypedText): Step {
  const isPassword = isPasswordTyped(phase);
  const isTypeAhead = !('prompt' in phase) && typed.hasTypeAhead;
  const stash = stashOf(phase);
  const kept = isPassword || isTypeAhead ? '' : typed.line;
  const isChanged = isPassword || isTypeAhead || stash !== undefined;
  return stay(
    {
      input: isPassword ? 'discarding' : input,
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

function line(state: PageState, text: string, typed: TypedText): Step {
  const { phase, input } = state;
  if (phase.is === 'disconnected') return connect(state, phase, text, typed);
  if (phase.is !== 'prompting') return stay(state);
  const { prompt, stash } = phase;
  const sent = prompt.kind === 'command' ? text.trim() : '';
  const kept = isSecret(prompt.kind) ? stash : undefined;
  return stay({ input, phase: { is: 'waiting', sent, stash: kept } }, ...answer(prompt, text));
}

/** Sends a command, and sets the line being typed aside. */
function command(state: PageState, sent: string, typed: TypedText): Step {
  const { phase } = state;
  if (phase.is !== 'prompting' || phase.prompt.kind !== 'command') return stay(state);
  const stash = typed.line === '' ? undefined : { line: typed.line, messagePrompt: undefined };
  return stay(
    { input: 'editing', phase: { is: 'waiting', sent, stash } },
    { do: 'setLine', line: '' },
    ...answer(phase.prompt, sent),
  );
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
  { phase, input }: PageState,
  { messagePrompt }: Phase & { is: 'disconnected' },
  text: string,
  { line: rest, hasTypeAhead, isMessageServer }: TypedText,
): Step {
  const isPaste = hasTypeAhead || rest !== '';
  const isShutdown = isMessageServer && messagePrompt === undefined && text.trim() === 'SHUTDOWN';
  // A user who does not look at the screen types the password next.
  if (isShutdown && !isPaste) {
    return stay({ phase, input: 'discarding' }, { do: 'remember', line: text }, DISCARDED, {
      do: 'connect',
    });
  }
  return stay(
    { phase, input },
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
  const { phase, input } = state;
  if (phase.is !== 'prompting') return stay(state);
  if (phase.prompt.kind !== 'line') return command(state, 'QUIT', typed);
  return stay({ input, phase: { ...phase, isQuiet: false } }, { do: 'close' });
}

function isMessagePrompt(prompt: Prompt): prompt is MessagePrompt {
  return isWriteCommand(prompt.kind);
}

function stashOf(phase: Phase): Stash | undefined {
  return 'stash' in phase ? phase.stash : undefined;
}
