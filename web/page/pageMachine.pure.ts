// The states of the page's conversation: what becomes of the line being typed when a prompt comes
// and goes, and when the connection is lost. Pure: `step` gets what happened, and returns the next
// state and the effects to perform in order (pageConversation.ts). connectionMoves.pure.ts and
// promptMoves.pure.ts have the moves.
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
//                  interrupt, endSession, at a prompt for    disconnected (opens another session)
//                  the rest of a command
//                  stopAsking                                interrupted
//                  closed, if it is quiet and not stable     disconnected
//   waiting        ask                                       prompting
//                  ask, if the password for a message that   waiting (its command is sent for it)
//                  was interrupted is wrong
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
// When the connection is lost, a command stays on the line, unless it holds a password. After a wrong
// one, a line may be the right one, unless it is a whole command. A message stays, too, and its
// command, such as MSGSTORE, is sent for it again. Completed lines that no prompt has asked for are
// discarded: they may be a password, and the next prompt asks for a command.

import {
  closed,
  connect,
  connecting,
  end,
  loggedOut,
  opened,
  received,
  restore,
  unreachable,
} from './connectionMoves.pure.ts';
import {
  type PageEvent,
  type PageState,
  type Step,
  stepTo,
  type TypedText,
} from './pageState.pure.ts';
import { ask, command, endSession, interrupt, line, stopAsking } from './promptMoves.pure.ts';

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
      return stepTo(END_OF_LINE.test(event.data) ? { ...state, input: 'editing' } : state);
    case 'line':
      return state.phase.is === 'disconnected'
        ? connect(state, state.phase, event.line, typed)
        : line(state, event);
    case 'command':
      return command(state, event.command, typed);
    case 'interrupt':
      return interrupt(state, event.discarded);
    case 'endSession':
      return endSession(state, typed);
  }
}
