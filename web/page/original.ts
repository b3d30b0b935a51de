// What the page does differently with an original server. Loaded for such a target only.

import type { Conversation } from '../../client/dialogue/conversation.ts';
import { OriginalDialogue } from '../../client/dialogue/originalDialogue.ts';
import { QUIET_MS } from '../../client/replies/bareReplies.ts';
import { ORIGINAL_COMMANDS } from '../../protocol/commands.ts';
import type { UserSettings } from '../settings/userSettings.ts';
import type { PageConversation } from './pageConversation.ts';

export const commands = ORIGINAL_COMMANDS;

/** @param page Performs the effects of a reply that ended by silence. */
export function createConversation(
  settings: UserSettings,
  page: Pick<PageConversation, 'perform'>,
): Conversation {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const options = {
    get masksPasswords() {
      return settings.get('maskPassword');
    },
  };
  const dialogue = new OriginalDialogue(options, () => {
    clearTimeout(timer);
    timer = setTimeout(() => page.perform(dialogue.quiet()), QUIET_MS);
  });
  return dialogue;
}
