// The dialog that plans a message. What is typed stays until the server has stored it.

import { createDialog } from '../ui/dialogFrame.ts';
import { element } from '../ui/element.ts';
import { modal } from '../ui/modal.ts';
import type { Toast } from '../ui/toast.ts';
import { messageField, type PlanInputField, timeField } from './planField.ts';
import { type PlanField, type PlanReading, readPlan } from './planForm.pure.ts';
import { TimeFormat } from './timeFormat.pure.ts';
import { WriteControls } from './writeControls.ts';

export class PlanDialog {
  readonly #dialog: HTMLDialogElement;
  readonly #show: () => void;
  readonly #toast: Toast;
  readonly #planned: () => void;
  readonly #controls: WriteControls;
  readonly #fields: Readonly<Record<PlanField, PlanInputField>> = {
    message: messageField('Message'),
    from: timeField('From'),
    until: timeField('Until'),
  };
  readonly #zone = element('p', { className: 'note' });
  readonly #understood = element('output', { className: 'understood' });

  /**
   * @param url The WebSocket URL of the message server at the bridge.
   * @param toast Shows what happens after the dialog is closed.
   * @param planned Called once the message is planned.
   */
  constructor(url: URL, toast: Toast, planned: () => void) {
    this.#toast = toast;
    this.#planned = planned;
    this.#controls = new WriteControls(url, 'MSGPLAN', toast);
    const { message, from, until } = this.#fields;
    const form = element(
      'form',
      { noValidate: true, autocomplete: 'off' },
      message.element,
      element('div', { className: 'times' }, from.element, until.element),
      this.#zone,
      this.#understood,
      ...this.#controls.elements,
      element('div', { className: 'actions' }, element('button', { className: 'primary' }, 'Plan')),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit();
    });
    form.addEventListener('input', () => this.#update());
    form.addEventListener('focusout', () => this.#update());
    this.#dialog = createDialog('plan', 'Plan a message', form);
    this.#dialog.addEventListener('close', () => this.#controls.closed());
    this.#show = modal(this.#dialog);
  }

  /** Opens the dialog; when it closes, the focus returns. */
  open(): void {
    this.#zone.textContent =
      `Times in ${new TimeFormat().timeZone}. ` +
      'Without a start, the message begins now; without an end, it stays.';
    this.#update();
    this.#show();
    this.#fields.message.focus();
    this.#controls.check();
  }

  #submit(): void {
    for (const field of Object.values(this.#fields)) field.visit();
    const { request, understood, faults } = this.#update();
    const [faulty] = faults.keys();
    if (faulty !== undefined) this.#fields[faulty].focus();
    if (request === undefined) return;
    this.#controls.send(request, () => {
      // What was typed in the meantime is the next message.
      if (this.#read().request === request) this.#clear();
      this.#dialog.close();
      this.#toast.show(`Planned ${understood}.`);
      this.#planned();
    });
  }

  #clear(): void {
    for (const field of Object.values(this.#fields)) field.clear();
    this.#update();
  }

  #read(): PlanReading {
    const { message, from, until } = this.#fields;
    const input = { message: message.text, from: from.time, until: until.time };
    // The time zone at this moment: the user may travel.
    return readPlan(input, new TimeFormat(), Date.now());
  }

  /** Shows what was understood, and what is wrong. */
  #update(): PlanReading {
    const { message, from, until } = this.#fields;
    const reading = this.#read();
    this.#understood.textContent = reading.understood;
    message.showFault(reading.faults.get('message'));
    from.showFault(reading.faults.get('from'));
    until.showFault(reading.faults.get('until'));
    return reading;
  }
}
