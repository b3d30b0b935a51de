// Opens the help, which is <dialog id="help"> in index.html.

import { requireElement } from './dom.ts';
import { modal } from './modal.ts';

/** The label on a Mac's keyboard for the key that browsers call Alt. */
const MAC_ALT = '⌥';

export class HelpDialog {
  /** Opens the dialog; when it closes, the focus returns. */
  readonly open: () => void;
  readonly #dialog: HTMLDialogElement;

  constructor(document: Document) {
    this.#dialog = requireElement(document, '#help', HTMLDialogElement);
    this.open = modal(this.#dialog);
    if (navigator.userAgent.includes('Mac OS')) this.#useMacLabels();
  }

  /** Shows these commands alone. */
  showCommands(commands: readonly string[]): void {
    for (const row of this.#dialog.querySelectorAll('#help-commands tr')) {
      if (!commands.includes(row.querySelector('code')?.textContent ?? '')) row.remove();
    }
    if (commands.length === 0) this.#dialog.querySelector('#help-commands')?.remove();
  }

  #useMacLabels(): void {
    for (const key of this.#dialog.querySelectorAll('kbd')) {
      if (key.textContent === 'Alt') key.textContent = MAC_ALT;
    }
  }
}
