// The dialog that asks, once, whether to store a message of the history again. MSGREPLACE sends it:
// the server stores nothing if the message in force is not the one that the dialog shows.

import type { EntryDetails } from '../../client/replies/entryLine.ts';
import { createDialog } from '../ui/dialogFrame.ts';
import { button, element } from '../ui/element.ts';
import { modal } from '../ui/modal.ts';
import type { Toast } from '../ui/toast.ts';
import { WriteControls } from './writeControls.ts';

export class StoreDialog {
  readonly #dialog: HTMLDialogElement;
  readonly #show: () => void;
  readonly #toast: Toast;
  readonly #inForce: () => EntryDetails | undefined;
  readonly #stored: () => void;
  readonly #controls: WriteControls;
  readonly #message = element('p', { dir: 'auto', className: 'quoted' });
  readonly #replaced = element('p', { dir: 'auto', className: 'quoted' });
  readonly #submit = element('button', { className: 'primary' }, 'Store it again');
  /** The message in force that the dialog shows. */
  #shown: EntryDetails | undefined;

  /**
   * @param url The WebSocket URL of the message server at the bridge.
   * @param toast Shows what happens after the dialog is closed.
   * @param inForce The message in force; `undefined` if its number is not known.
   * @param stored Called when a message is stored again, after the dialog is closed.
   */
  constructor(url: URL, toast: Toast, inForce: () => EntryDetails | undefined, stored: () => void) {
    this.#toast = toast;
    this.#inForce = inForce;
    this.#stored = stored;
    this.#controls = new WriteControls(url, 'MSGREPLACE', toast);
    const keep = button({ onclick: () => this.#dialog.close() }, 'Leave it');
    const form = element(
      'form',
      { autocomplete: 'off' },
      this.#message,
      element('p', {}, 'It replaces the message in force:'),
      this.#replaced,
      ...this.#controls.elements,
      element('div', { className: 'actions' }, this.#submit, keep),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#send();
    });
    this.#dialog = createDialog('store-again', 'Store this message again?', form);
    this.#dialog.addEventListener('close', () => this.#controls.closed());
    this.#show = modal(this.#dialog);
  }

  /** Opens the dialog; when it closes, the focus returns. */
  open(message: string): void {
    if (this.#controls.isSending) {
      this.#toast.show('The server has not answered the last change yet.');
      return;
    }
    const inForce = this.#inForce();
    if (inForce === undefined) {
      this.#toast.show('The message in force is not known now: try again later.');
      return;
    }
    this.#message.textContent = message;
    this.#showReplaced(inForce);
    this.#show();
    this.#submit.focus();
    this.#controls.check();
  }

  #send(): void {
    const inForce = this.#inForce();
    if (inForce !== undefined && inForce.number !== this.#shown?.number) {
      this.#showReplaced(inForce);
      this.#controls.showFault('The message in force has changed: look at it, and press again.');
      return;
    }
    this.#controls.send(`${this.#shown?.number} ${this.#message.textContent}`, () => {
      this.#dialog.close();
      this.#toast.show('The message is stored again.');
      this.#stored();
    });
  }

  #showReplaced(inForce: EntryDetails): void {
    this.#shown = inForce;
    this.#replaced.textContent = inForce.message;
  }
}
