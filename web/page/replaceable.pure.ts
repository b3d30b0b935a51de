// Which messages a new message may replace without a question: those that the user has seen.
// The page can know this although MSGSTORE has no condition (PROTOCOL.md, MSGREPLACE), because it
// receives each message in force. A message on its way to the page is not protected.

import { isCommand } from '../../protocol/commands.ts';
import { note, type PageEffect, type PageEvent, type PageState } from './pageState.pure.ts';
import { stashOf } from './stash.pure.ts';

/** Printed in place of sending a new message. */
export const MESSAGE_CHANGED = '[the message has changed; press Enter again to replace it]';

export interface Replaceable {
  /** The message in force when the user began to write, or when the page last asked. */
  readonly seen: string | undefined;
  /** The last message that this page sent. It may reach the page later than the next prompt. */
  readonly own: string | undefined;
}

/** @returns Whether the server would store the answer to MSGSTORE. */
export function isMessage(answer: string): boolean {
  const line = answer.trim();
  return line !== '' && !isCommand(line);
}

/** @param message In force now; `undefined` if it is unknown. */
export function isUnseen(message: string | undefined, { seen, own }: Replaceable): boolean {
  const isKnown = message !== undefined && seen !== undefined;
  return isKnown && message !== seen && message !== own;
}

/** Keeps the message on the line. Pasted lines after it would be answers to another prompt. */
export function askAgain(text: string): PageEffect[] {
  return [note(MESSAGE_CHANGED), { do: 'discardTypeAhead' }, { do: 'setLine', line: text }];
}

/** An interrupted message keeps what the user had seen at its first prompt. */
export function replaceableAt(
  { phase, replaceable }: PageState,
  { prompt, message }: PageEvent & { is: 'ask' },
): Replaceable {
  if (prompt.kind !== 'MSGSTORE') return replaceable;
  const { seen, own } = replaceable;
  const isInterrupted = stashOf(phase)?.messagePrompt !== undefined && seen !== undefined;
  // Once the own message has arrived, the same text is another client's.
  return { seen: isInterrupted ? seen : message, own: message === own ? undefined : own };
}
