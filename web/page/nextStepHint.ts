// The hint that the page prints after a conversation ended.

import type { Ending } from '../../client/dialogue/conversation.ts';
import { type ConnectionState, isUnknownTarget } from '../connection/connectionState.pure.ts';

export function nextStepHint(ending: Exclude<Ending, 'shutDown'>, state: ConnectionState): string {
  if (ending === 'quit') return 'session ended; press Enter to start another';
  if (state.is !== 'ended') return 'reconnecting; press Enter to try now';
  return isUnknownTarget(state)
    ? 'choose another target with the button above'
    : 'press Enter to connect';
}
