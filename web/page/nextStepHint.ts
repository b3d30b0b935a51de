// What a person can do once a conversation is over, in words.

import type { Ending } from '../../client/dialogue/conversation.ts';

/** What `npm start` runs holds the page's port for as long as it serves this page. */
const START_AGAIN = 'start it again with `motd serve`, or restart `npm start`; then press Enter';

/** @param isTriedAgain Whether the connection is tried again by itself. */
export function nextStepHint(ending: Ending, isTriedAgain: boolean): string {
  switch (ending) {
    case 'quit':
      return 'session ended; press Enter to start another';
    case 'shutDown':
      return `the server was shut down: ${START_AGAIN}`;
    case 'rejected':
    case 'lost':
      return isTriedAgain ? 'reconnecting; press Enter to try now' : 'press Enter to connect';
  }
}
