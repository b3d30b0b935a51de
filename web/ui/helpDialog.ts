// The help: <dialog id="help"> in index.html, which says all there is to say.

import { modal } from './modal.ts';

/** What is printed on the key of a Mac that a browser calls Alt. */
const MAC_ALT = '⌥';

export class HelpDialog {
  /** Opens it; the focus goes back to where it was. */
  readonly open: () => void;
  readonly #dialog: HTMLDialogElement;

  constructor(dialog: HTMLDialogElement, opener: HTMLElement) {
    this.#dialog = dialog;
    this.open = modal(dialog, opener);
    if (navigator.userAgent.includes('Mac OS')) this.#nameMacKeys();
  }

  /** Leaves out what the message server understands: another one is asked here. */
  hideCommands(): void {
    this.#dialog.querySelector('#help-commands')?.remove();
  }

  #nameMacKeys(): void {
    for (const key of this.#dialog.querySelectorAll('kbd')) {
      if (key.textContent === 'Alt') key.textContent = MAC_ALT;
    }
  }
}
