// Keeps the keyboard at the line. One rule: a key that enters text reaches the line from everywhere,
// except from a form field and from an open dialog.
//
// The line gets the focus while the key is pressed, and then the browser gives the key to it.

import { entersText, takesText } from '../ui/textKeys.ts';
import type { InputChoice } from './inputChoice.ts';

/** Follows the focus of a page. `toolbars`: their buttons leave the focus where it is. */
export function keepFocusAtLine(
  document: Document,
  input: Pick<InputChoice, 'focusLine' | 'returnToLine'>,
  toolbars: string,
): void {
  document.addEventListener('keydown', (event) => {
    const { activeElement } = document;
    if (event.defaultPrevented || isDialogOpen(document) || takesText(activeElement)) return;
    // Space presses a button, and scrolls what has the focus.
    const isSpaceUsed = event.key === ' ' && activeElement !== document.body;
    if (entersText(event) && !isSpaceUsed) input.focusLine();
  });
  // A press by mouse: a dialog that is opened then returns the focus to the line.
  document.addEventListener('mousedown', (event) => {
    if (event.target instanceof Element && event.target.closest(toolbars)) event.preventDefault();
  });
  // A click on nothing in particular, unless it selects text to copy.
  document.addEventListener('click', () => {
    const isLost = document.activeElement === document.body && !isDialogOpen(document);
    if (isLost && document.getSelection()?.isCollapsed) input.returnToLine();
  });
}

function isDialogOpen(document: Document): boolean {
  return document.querySelector('dialog[open]') !== null;
}
