// What the header shows for each state of the connection. No state is shown by its color alone.
//
//   status         light   words                         button
//   connecting     yellow  connecting…
//   connected      green   connected
//   unresponsive   yellow  not responding                Reconnect
//   waiting        red     not connected: REASON         Try now
//   offline        red     no network                    Try now
//   loggedOut      red     not connected: REASON         Log in
//   sessionEnded   gray    session ended                 Start again
//   shutDown       gray    server shut down              Connect
//   unknownTarget  red     unknown target                Choose another
//   ended          red     not connected: REASON         Connect

import type { Ending } from '../../client/dialogue/conversation.ts';
import { CLOSED_BY_PAGE, type ConnectionState, isUnknownTarget } from './connectionState.pure.ts';

export interface Status {
  /** For the style sheet (appearance/header.css). */
  name: ConnectionState['is'] | 'unresponsive' | 'sessionEnded' | 'shutDown' | 'unknownTarget';
  words: string;
  /** Why, for the end of the words. A narrow header has no room for it. */
  reason?: string;
  /** The text of the button that connects; without it, there is none. */
  button?: string;
}

/** What the page connects to. */
export interface StatusSubject {
  /** The name of the target; without it, it is the default one. */
  name: string | undefined;
  isReadOnly: boolean;
}

export const UNRESPONSIVE: Status = {
  name: 'unresponsive',
  words: 'not responding',
  button: 'Reconnect',
};

/** @param ending How the last conversation ended; `undefined` if there is none, or it goes on. */
export function statusOf(
  state: ConnectionState,
  { name, isReadOnly }: StatusSubject,
  ending?: Ending,
): Status {
  switch (state.is) {
    case 'connecting':
      return { name: state.is, words: `connecting${name === undefined ? '' : ` to ${name}`}…` };
    case 'connected':
      return { name: state.is, words: isReadOnly ? 'connected, read only' : 'connected' };
    case 'waiting':
      return lost(state, 'Try now');
    case 'offline':
      return { name: state.is, words: 'no network', button: 'Try now' };
    case 'loggedOut':
      return lost(state, 'Log in');
    case 'ended':
      return statusOfEnd(state, ending);
  }
}

function statusOfEnd(state: ConnectionState & { is: 'ended' }, ending?: Ending): Status {
  if (ending === 'shutDown') return { name: ending, words: 'server shut down', button: 'Connect' };
  if (ending === 'quit' || state.reason === CLOSED_BY_PAGE)
    return { name: 'sessionEnded', words: 'session ended', button: 'Start again' };
  if (isUnknownTarget(state))
    return { name: 'unknownTarget', words: 'unknown target', button: 'Choose another' };
  return lost(state, 'Connect');
}

function lost(
  { is, reason }: ConnectionState & { is: 'waiting' | 'loggedOut' | 'ended' },
  button: string,
): Status {
  return { name: is, words: 'not connected', reason, button };
}
