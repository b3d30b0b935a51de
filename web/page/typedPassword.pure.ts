// Whether what is being typed is a password, as far as the page can know, and what the page shows
// while it discards the rest of one.

import { isSecret, isSecretAnswer } from '../../client/dialogue/conversation.ts';
import { WRITE_COMMANDS } from '../../protocol/commands.ts';
import type { PageEffect, Phase } from './pageState.pure.ts';

/** The announcement, and the prompt, while the rest of a password is discarded. */
export const PASSWORD_DISCARDED = 'The password was not sent; press Enter to continue: ';

export const ANNOUNCE_DISCARDED: PageEffect = { do: 'announce', text: PASSWORD_DISCARDED };

/** A password prompt may follow these commands: what is typed ahead of it may be a password. */
const PASSWORD_COMMANDS: ReadonlySet<string> = new Set([...WRITE_COMMANDS, 'SHUTDOWN']);

/** Whether the line being typed is a password, or may be one: after a wrong one, users retype it. */
export function isPasswordTyped(phase: Phase, line: string): boolean {
  if ('prompt' in phase) return isSecretAnswer(phase.prompt.kind, line);
  return phase.is === 'waiting' && phase.sent === 'SHUTDOWN';
}

/** Whether what is typed while there is no prompt may be a password. */
export function mayTypePassword(phase: Phase): boolean {
  if (phase.is === 'interrupted') return isSecret(phase.prompt.kind);
  return phase.is === 'waiting' && PASSWORD_COMMANDS.has(phase.sent);
}
