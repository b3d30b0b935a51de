// Keeps the line being typed while the page is loaded again to log in. Nothing of the page can be
// loaded at that time, so this is not a lazy part.
//
// sessionStorage belongs to this tab and this origin; it survives the visit to a login page. The
// first access to it blocks the page, so one is made only in a browser that has kept a line before:
// localStorage, which the page reads anyway, has a mark.

import { isWriteCommand } from '../../protocol/commands.ts';
import type { KeptLine, MessagePrompt } from './pageState.pure.ts';

const MARK = 'motd.keepsLines';

/** Loads the page again, which leads to the login of a proxy, and from there back here. */
export function reloadWith(key: string, kept: KeptLine | undefined): void {
  try {
    if (kept) {
      localStorage.setItem(MARK, 'yes');
      sessionStorage.setItem(key, JSON.stringify(kept));
    }
  } catch {
    // The browser blocks its storage.
  }
  location.reload();
}

/** @returns What was kept, once. */
export function takeKept(key: string): KeptLine | undefined {
  try {
    if (localStorage.getItem(MARK) === null) return undefined;
    const kept = sessionStorage.getItem(key);
    sessionStorage.removeItem(key);
    return kept === null ? undefined : parseKept(kept);
  } catch {
    return undefined;
  }
}

/** @returns `undefined` for another text: the page sends the command of the prompt by itself. */
export function parseKept(text: string): KeptLine | undefined {
  const { line, messagePrompt } = Object(JSON.parse(text));
  const isKept = messagePrompt === undefined || isMessagePrompt(messagePrompt);
  return typeof line === 'string' && isKept ? { line, messagePrompt } : undefined;
}

function isMessagePrompt(value: unknown): value is MessagePrompt {
  const { kind, text } = Object(value);
  return isWriteCommand(kind) && typeof text === 'string';
}
