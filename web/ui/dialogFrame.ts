// What every dialog of the page has: a title, and a button that closes it.

import { element } from './element.ts';
import { iconButton } from './iconButton.ts';

/** Adds a dialog to the page, closed. */
export function createDialog(
  id: string,
  title: string,
  ...content: (Node | string)[]
): HTMLDialogElement {
  const heading = element('h2', { id: `${id}-title` }, title);
  const close = iconButton('close', {
    className: 'close',
    ariaLabel: 'Close',
    title: 'Close (Escape)',
  });
  const head = element('div', { className: 'head' }, heading, close);
  // The dialog itself gets the focus, and not its first button.
  const dialog = element('dialog', { id, tabIndex: -1, autofocus: true }, head, ...content);
  dialog.setAttribute('aria-labelledby', heading.id);
  document.body.append(dialog);
  return dialog;
}
