// The hint that the page prints after a conversation ended.

import type { Ending } from '../../client/dialogue/conversation.ts';

/**
 * @param isReconnecting Whether the page reconnects by itself.
 * @param startCommand The command that started the server, if the page knows it.
 */
export function nextStepHint(
  ending: Ending,
  isReconnecting: boolean,
  startCommand?: string,
): string {
  switch (ending) {
    case 'quit':
      return 'session ended; press Enter to start another';
    case 'shutDown':
      return `the server was shut down; ${howToStart(startCommand)}, then press Enter`;
    case 'rejected':
    case 'lost':
      return isReconnecting ? 'reconnecting; press Enter to try now' : 'press Enter to connect';
  }
}

/** The command goes on running to serve the page, and keeps its ports. */
function howToStart(command: string | undefined): string {
  if (command === undefined) return 'ask its operator to start it again';
  return `stop \`${command}\` with Ctrl-C and run it again`;
}
