// How the page uses a target that is not a message server (main.ts).

import type { Conversation } from '../../client/dialogue/conversation.ts';
import type { UserSettings } from '../settings/userSettings.ts';
import type { PageConversation } from './pageConversation.ts';

export interface TargetService {
  /** For Tab. One that ends in a space has arguments. */
  readonly commands: readonly string[];
  /** Whether it accepts nothing: there is no prompt. */
  readonly isReadOnly?: boolean;
  /** Whether it chooses colors. */
  readonly showsColor?: boolean;
  /** Those with a button on a phone; without them, the page's own choice. */
  readonly buttons?: readonly string[];
  /** The name of the target, if the page knows it. */
  readonly name?: string;
  /** The heading; without it, the name of the target. */
  readonly title?: string | undefined;
  readonly help?: ServiceHelp | undefined;
  /** Whether the user may choose the line end. */
  readonly hasLineEndings?: boolean;
  /** Hides a secret in a line, such as the password of `AUTH`. */
  readonly conceal?: (line: string) => string;
  /**
   * @param settings Read each time they matter.
   * @param page Performs the effects that no reply and no key causes.
   */
  createConversation(settings: UserSettings, page: Pick<PageConversation, 'perform'>): Conversation;
}

/** Texts of the operator, not markup. */
export interface ServiceHelp {
  readonly intro: string | undefined;
  readonly rows: readonly (readonly [command: string, meaning: string])[];
}
