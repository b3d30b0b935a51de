// The hint that the page prints after a conversation ended.

import type { Ending } from '../../client/dialogue/conversation.ts';

/** `npm start` keeps the page's port while it serves this page: it has to be restarted. */
const START_AGAIN = 'start it again with `motd serve`, or restart `npm start`; then press Enter';

/** @param isReconnecting Whether the page reconnects by itself. */
export function nextStepHint(ending: Ending, isReconnecting: boolean): string {
  switch (ending) {
    case 'quit':
      return 'session ended; press Enter to start another';
    case 'shutDown':
      return `the server was shut down: ${START_AGAIN}`;
    case 'rejected':
    case 'lost':
      return isReconnecting ? 'reconnecting; press Enter to try now' : 'press Enter to connect';
  }
}
