// The line that is set aside until a prompt that is not secret, and the prompt of the message that a
// lost connection interrupts.

import { isWriteCommand } from '../../protocol/commands.ts';
import type { MessagePrompt, Phase, Prompt, Stash } from './pageState.pure.ts';

export function stashOf(phase: Phase): Stash | undefined {
  return 'stash' in phase ? phase.stash : undefined;
}

/** @returns The prompt of the message that a lost connection interrupts, or had interrupted. */
export function interruptedMessage(phase: Phase): MessagePrompt | undefined {
  if (phase.is === 'opened') return phase.messagePrompt;
  if ('prompt' in phase && isMessagePrompt(phase.prompt)) return phase.prompt;
  return stashOf(phase)?.messagePrompt;
}

function isMessagePrompt(prompt: Prompt): prompt is MessagePrompt {
  return isWriteCommand(prompt.kind);
}
