// The hint that the page prints after a conversation ended.

import type { Ending } from '../../client/dialogue/conversation.ts';

/** @param isReconnecting Whether the page reconnects by itself. */
export function nextStepHint(ending: Exclude<Ending, 'shutDown'>, isReconnecting: boolean): string {
  if (ending === 'quit') return 'session ended; press Enter to start another';
  return isReconnecting ? 'reconnecting; press Enter to try now' : 'press Enter to connect';
}
