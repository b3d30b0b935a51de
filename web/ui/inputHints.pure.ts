// What a browser should know about the line that each prompt asks for: the keyboard of a phone, and
// whether to check the spelling (HTML, sections 6.8.5 to 6.8.9).

import type { PromptKind } from '../../client/dialogue/conversation.ts';

export interface InputHints {
  autocapitalize: 'none' | 'sentences' | 'characters';
  inputMode: 'text' | 'numeric';
  spellcheck: boolean;
}

/** Not a text of a language. */
const PLAIN: InputHints = { autocapitalize: 'none', inputMode: 'text', spellcheck: false };

/** Times, or a number, come before the message: no keyboard knows where its sentence begins. */
const MESSAGE_AT_END: InputHints = { ...PLAIN, spellcheck: true };

const COMMAND: InputHints = { ...PLAIN, autocapitalize: 'characters' };

const HINTS: Readonly<Record<PromptKind, InputHints>> = {
  command: COMMAND,
  retry: COMMAND,
  MSGSTORE: { ...PLAIN, autocapitalize: 'sentences', spellcheck: true },
  MSGPLAN: MESSAGE_AT_END,
  MSGREPLACE: MESSAGE_AT_END,
  MSGCANCEL: { ...PLAIN, inputMode: 'numeric' },
  // A browser may send what it checks to a service: never a password.
  password: PLAIN,
  storePassword: PLAIN,
  hidden: PLAIN,
  line: PLAIN,
};

/** @param kind `undefined` if there is no prompt: a password may be typed ahead. */
export function inputHints(kind: PromptKind | undefined): InputHints {
  return HINTS[kind ?? 'line'];
}
