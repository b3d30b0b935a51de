// The table of moves at the top of pageMachine.pure.ts, tried for every phase and event.

import { expect, test } from 'vitest';
import { WRITE_COMMANDS } from '../../protocol/commands.ts';
import { step } from './pageMachine.pure.ts';
import { INITIAL_STATE, type PageEvent, type PageState, type Phase } from './pageState.pure.ts';
import { mayTypePassword } from './typedPassword.pure.ts';

const COMMAND = { kind: 'command', text: 'Enter command: ' } as const;
const TYPED = { line: 'half a line', hasTypeAhead: false, isMessageServer: true };

const PHASES: Record<Phase['is'], Phase> = {
  starting: { is: 'starting' },
  opened: { is: 'opened', isQuiet: true, messagePrompt: undefined },
  prompting: { is: 'prompting', prompt: COMMAND, stash: undefined, isQuiet: true },
  waiting: { is: 'waiting', sent: 'MSGGET', stash: undefined },
  interrupted: { is: 'interrupted', prompt: COMMAND, stash: undefined },
  disconnected: { is: 'disconnected', ending: 'lost', messagePrompt: undefined },
};

const EVENTS: Record<PageEvent['is'], PageEvent> = {
  restore: { is: 'restore', kept: { line: 'half a line' } },
  opened: { is: 'opened' },
  received: { is: 'received' },
  closed: { is: 'closed', reason: 'lost', wasStable: false },
  connecting: { is: 'connecting' },
  unreachable: { is: 'unreachable', reason: 'refused', isFinal: false },
  loggedOut: { is: 'loggedOut', reason: 'expired' },
  ask: { is: 'ask', prompt: COMMAND, message: undefined },
  stopAsking: { is: 'stopAsking' },
  end: { is: 'end', ending: 'quit' },
  keys: { is: 'keys', data: '\r' },
  line: { is: 'line', line: 'MSGGET', message: undefined },
  command: { is: 'command', command: 'MSGGET' },
  interrupt: { is: 'interrupt', discarded: 'half a line' },
  endSession: { is: 'endSession' },
};

/** Every move that changes the phase. */
const MOVES: Record<string, Phase['is']> = {
  'starting unreachable': 'disconnected',
  'starting loggedOut': 'disconnected',
  'opened closed': 'disconnected',
  'starting restore': 'disconnected',
  'prompting line': 'waiting',
  'prompting command': 'waiting',
  'prompting endSession': 'waiting',
  'prompting stopAsking': 'interrupted',
  'prompting closed': 'disconnected',
};

for (const phase of Object.values(PHASES)) {
  for (const event of Object.values(EVENTS)) {
    const next = nextPhase(phase.is, event.is);
    test(`${event.is} leads from ${phase.is} to ${next}`, () => {
      const { state } = step({ ...INITIAL_STATE, phase }, event, TYPED);
      expect(state.phase.is).toBe(next);
    });
  }
}

/** The connection, the prompt and the end of the conversation decide whatever the phase is. */
function nextPhase(phase: Phase['is'], event: PageEvent['is']): Phase['is'] {
  if (event === 'opened') return 'opened';
  if (event === 'ask') return 'prompting';
  if (event === 'end') return 'disconnected';
  return MOVES[`${phase} ${event}`] ?? phase;
}

test.each([...WRITE_COMMANDS, 'password', 'storePassword'] as const)(
  'cancels the prompt for %s, and connects again',
  (kind) => {
    const prompt = { kind, text: 'Enter: ' };
    const stash = { line: 'half a line', messagePrompt: undefined };
    const phase: Phase = { is: 'prompting', prompt, stash, isQuiet: true };
    for (const event of [EVENTS.interrupt, EVENTS.endSession]) {
      const { state, effects } = step({ ...INITIAL_STATE, phase }, event, TYPED);
      const canceled = { is: 'disconnected', ending: 'quit', messagePrompt: undefined };
      expect(state).toEqual({ ...INITIAL_STATE, phase: canceled });
      expect(effects).toContainEqual({ do: 'setLine', line: 'half a line' });
      expect(effects.slice(-2)).toEqual([{ do: 'close' }, { do: 'connect' }]);
    }
  },
);

test.each(['line', 'hidden'] as const)(
  'asks again at Ctrl-C in line mode, at a prompt of kind %s',
  (kind) => {
    const phase: Phase = { ...PHASES.prompting, prompt: { kind, text: '> ' } } as Phase;
    const { state, effects } = step({ ...INITIAL_STATE, phase }, EVENTS.interrupt, TYPED);
    expect(state.phase).toEqual(phase);
    expect(effects.map((effect) => effect.do)).toEqual(['completeLine']);
  },
);

test.each(WRITE_COMMANDS)(
  'sends %s for an interrupted message instead of asking for a command',
  (command) => {
    const messagePrompt = { kind: command, text: 'Enter message: ' };
    const phase: Phase = { is: 'opened', isQuiet: true, messagePrompt };
    const { state, effects } = step({ ...INITIAL_STATE, phase }, EVENTS.ask, TYPED);
    const stash = { line: TYPED.line, messagePrompt };
    expect(state.phase).toEqual({ is: 'waiting', sent: command, stash });
    expect(effects.at(-1)).toEqual({ do: 'answer', line: command });
  },
);

test.each([PHASES.starting, PHASES.disconnected])(
  'prints once how to log in, after $is',
  (phase) => {
    const first = step({ ...INITIAL_STATE, phase }, EVENTS.loggedOut, TYPED);
    const line = '[expired: log in with the button above]';
    expect(first.effects.at(-1)).toEqual({ do: 'print', line, speaker: 'note' });
    expect(step(first.state, EVENTS.loggedOut, TYPED)).toEqual({ state: first.state, effects: [] });
  },
);

/** What an attempt that fails prints. */
function printsAfter(ending: Phase & { is: 'disconnected' }, ...events: PageEvent[]) {
  let state: PageState = { ...INITIAL_STATE, phase: ending };
  return events.flatMap((event) => {
    const next = step(state, event, TYPED);
    state = next.state;
    return next.effects.flatMap((effect) => (effect.do === 'print' ? effect.line : []));
  });
}

test.each(['quit', 'shutDown', 'rejected'] as const)(
  'prints once why a session cannot begin again after %s',
  (ending) => {
    const ended: Phase = { is: 'disconnected', ending, messagePrompt: undefined };
    const { connecting, unreachable } = EVENTS;
    expect(printsAfter(ended, unreachable)).toEqual([]);
    expect(printsAfter(ended, connecting, unreachable, connecting, unreachable)).toEqual([
      '[refused]',
    ]);
  },
);

test('prints why it gives up after a lost connection', () => {
  const lost: Phase = { is: 'disconnected', ending: 'lost', messagePrompt: undefined };
  const gaveUp = { is: 'unreachable', reason: 'no such target', isFinal: true } as const;
  expect(printsAfter(lost, EVENTS.unreachable, gaveUp)).toEqual(['[no such target]']);
});

test.each([...WRITE_COMMANDS, 'SHUTDOWN'])(
  'takes what is typed ahead after %s for a password',
  (sent) => {
    expect(mayTypePassword({ is: 'waiting', sent, stash: undefined })).toBe(true);
  },
);

test('ends discarding at Enter, whatever the phase is', () => {
  for (const phase of Object.values(PHASES)) {
    const { state } = step({ ...INITIAL_STATE, phase, input: 'discarding' }, EVENTS.keys, TYPED);
    expect(state).toEqual({ ...INITIAL_STATE, phase });
  }
});
