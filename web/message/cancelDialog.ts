// The dialog that asks, once, whether to cancel a planned message.

import { createDialog } from '../ui/dialogFrame.ts';
import { button, element } from '../ui/element.ts';
import { linkedText } from '../ui/links.ts';
import { modal } from '../ui/modal.ts';
import type { Toast } from '../ui/toast.ts';
import { describeCancel, entryStatus } from './entryStatus.pure.ts';
import type { NumberedEntry } from './historyItem.ts';
import { TimeFormat } from './timeFormat.pure.ts';
import { WriteControls } from './writeControls.ts';

export class CancelDialog {
  readonly #dialog: HTMLDialogElement;
  readonly #show: () => void;
  readonly #toast: Toast;
  readonly #controls: WriteControls;
  readonly #keep = button({ onclick: () => this.#dialog.close() }, 'Keep it');
  readonly #message = element('p', { dir: 'auto', className: 'quoted' });
  readonly #window = element('p');
  readonly #times = new TimeFormat();
  #number = 0;

  /**
   * @param url The WebSocket URL of the message server at the bridge.
   * @param toast Shows what happens after the dialog is closed.
   * @param canceled Called once the message is canceled.
   */
  constructor(url: URL, toast: Toast, canceled: () => void) {
    this.#toast = toast;
    this.#controls = new WriteControls(url, 'MSGCANCEL', toast);
    const form = element(
      'form',
      { autocomplete: 'off' },
      this.#message,
      this.#window,
      ...this.#controls.elements,
      element(
        'div',
        { className: 'actions' },
        element('button', { className: 'danger' }, 'Cancel the message'),
        this.#keep,
      ),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#controls.send(String(this.#number), () => {
        this.#dialog.close();
        toast.show('The message is canceled.');
        canceled();
      });
    });
    this.#dialog = createDialog('cancel', 'Cancel this message?', form);
    this.#dialog.addEventListener('close', () => this.#controls.closed());
    this.#show = modal(this.#dialog);
  }

  /** Opens the dialog; when it closes, the focus returns. */
  open(entry: NumberedEntry): void {
    if (this.#controls.isSending) {
      this.#toast.show('The server has not answered the last cancellation yet.');
      return;
    }
    this.#number = entry.number;
    this.#message.replaceChildren(linkedText(entry.message));
    const status = entryStatus(entry, Date.now());
    this.#window.textContent = describeCancel(status, this.#times.window(entry));
    this.#show();
    this.#keep.focus();
    this.#controls.check();
  }
}
