// The fields of the dialog that plans a message: an input, its label, and what is wrong with it.

import { element } from '../ui/element.ts';
import type { TimeInput } from './planForm.pure.ts';

/** Four digits for the year: browsers offer six. */
const MAX_TIME = '9999-12-31T23:59';

/** A field for a text of one line, shown in as many as it takes. */
export function messageField(label: string): PlanInputField {
  const input = element('textarea', { dir: 'auto', rows: 2, enterKeyHint: 'send' });
  input.addEventListener('keydown', (event) => {
    // An input method uses Enter to choose a candidate.
    if (event.key !== 'Enter' || event.isComposing) return;
    event.preventDefault();
    input.form?.requestSubmit();
  });
  input.addEventListener('input', () => {
    // A paste may have several lines. Setting the value moves the cursor.
    if (/[\r\n]/.test(input.value)) input.value = input.value.replace(/\s*[\r\n]+\s*/g, ' ');
  });
  return new PlanInputField(label, input);
}

export function timeField(label: string): PlanInputField {
  return new PlanInputField(label, element('input', { type: 'datetime-local', max: MAX_TIME }));
}

export class PlanInputField {
  readonly element: HTMLElement;
  readonly #input: HTMLInputElement | HTMLTextAreaElement;
  readonly #fault: HTMLElement;
  /** Whether the user has left it with a value, or has tried to send it. */
  #isVisited = false;

  constructor(label: string, input: HTMLInputElement | HTMLTextAreaElement) {
    this.#input = input;
    this.#fault = element('p', { className: 'fault', id: `plan-${label.toLowerCase()}-fault` });
    this.#fault.setAttribute('aria-live', 'polite');
    input.setAttribute('aria-describedby', this.#fault.id);
    input.addEventListener('blur', () => {
      const { value, isIncomplete } = this.time;
      if (value !== '' || isIncomplete) this.visit();
    });
    const labelled = element('label', { className: 'text' }, label, input);
    this.element = element('div', {}, labelled, this.#fault);
  }

  get text(): string {
    return this.#input.value;
  }

  get time(): TimeInput {
    return { value: this.#input.value, isIncomplete: this.#input.validity.badInput };
  }

  focus(): void {
    this.#input.focus();
  }

  /** From now on, its fault is shown. */
  visit(): void {
    this.#isVisited = true;
  }

  clear(): void {
    this.#input.value = '';
    this.#isVisited = false;
  }

  /** @param fault `undefined` if there is none. */
  showFault(fault: string | undefined): void {
    const text = this.#isVisited ? (fault ?? '') : '';
    this.#input.ariaInvalid = String(text !== '');
    // Setting the same text again would make screen readers repeat it.
    if (this.#fault.textContent !== text) this.#fault.textContent = text;
  }
}
