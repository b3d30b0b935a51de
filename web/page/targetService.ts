// What the page speaks with a target that is not a message server (main.ts).

import type { Conversation } from '../../client/dialogue/conversation.ts';
import type { UserSettings } from '../settings/userSettings.ts';
import type { PageConversation } from './pageConversation.ts';

export interface TargetService {
  /** For Tab, and for the buttons of a phone. */
  readonly commands: readonly string[];
  /** Whether it accepts nothing: there is no prompt. */
  readonly isReadOnly?: boolean;
  /** Whether it chooses colors. */
  readonly showsColor?: boolean;
  /**
   * @param settings Read each time they matter.
   * @param page Performs the effects that no reply and no key causes.
   */
  createConversation(settings: UserSettings, page: Pick<PageConversation, 'perform'>): Conversation;
}
