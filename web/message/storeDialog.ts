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
  readonly #controls: WriteControls;
  readonly #message = element('p', { dir: 'auto', className: 'quoted' });
  readonly #replaced = element('p', { dir: 'auto', className: 'quoted' });
  readonly #submit = element('button', { className: 'primary' }, 'Store it again');
  #seen: EntryDetails | undefined;

  /**
   * @param url The WebSocket URL of the message server at the bridge.
   * @param toast Shows what happens after the dialog is closed.
   * @param inForce The message in force; `undefined` if its number is not known.
   */
  constructor(url: URL, toast: Toast, inForce: () => EntryDetails | undefined) {
    this.#toast = toast;
    this.#inForce = inForce;
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
    this.#dialog.addEventListener('close', () => this.#controls.forgetPassword());
    this.#show = modal(this.#dialog);
  }

  /** Opens the dialog; when it closes, the focus returns. */
  open(message: string): void {
    if (this.#controls.isSending) {
      this.#toast.show('The server has not answered the last change yet.');
      return;
    }
    this.#message.textContent = message;
    if (!this.#look()) {
      this.#toast.show('The message in force is not known now: try again later.');
      return;
    }
    this.#show();
    this.#submit.focus();
    this.#controls.check();
  }

  #send(): void {
    const seen = this.#seen;
    const isUnseen = this.#look() && this.#seen?.number !== seen?.number;
    if (isUnseen) {
      this.#controls.showFault('The message in force has changed: look at it, and press again.');
      return;
    }
    this.#controls.send(`${seen?.number} ${this.#message.textContent}`, () => {
      this.#dialog.close();
      this.#toast.show('The message is stored again.');
    });
  }

  /** @returns Whether the message in force is known. The dialog then shows it. */
  #look(): boolean {
    const inForce = this.#inForce();
    if (inForce === undefined) return false;
    this.#seen = inForce;
    this.#replaced.textContent = inForce.message;
    return true;
  }
}
