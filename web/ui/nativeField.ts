// A field below the terminal to type in: for touch keyboards, input methods and screen readers,
// which a terminal serves badly. It shows the line that the line editor has, and is one more way to
// it.

import type { PromptKind } from '../../client/dialogue/conversation.ts';
import { requireElement } from './dom.ts';

export interface FieldEvents {
  /** The text in the field is another. */
  changed(text: string): void;
  /** The line is to be said. */
  entered(): void;
  /** A command's button was pressed. */
  commanded(command: string): void;
  /** What the line editor does, and the field cannot, as xterm.js would give it. */
  pressed(data: string): void;
}

export interface FieldPrompt {
  /** What is asked; `undefined` where nothing is, by now. */
  for: PromptKind | undefined;
  /** What stands above the field; what stood there, where it is left out. */
  prompt?: string;
  /** Whether bullets stand for what is typed. */
  isMasked: boolean;
}

/** What a keyboard should know of an answer (HTML, sections 6.8.7 and 6.8.8). */
const CAPITALS: Record<PromptKind, string> = {
  command: 'characters',
  message: 'sentences',
  password: 'none',
  storePassword: 'none',
  line: 'none',
};

const KEYS: Readonly<Record<string, string>> = { ArrowUp: '\x1b[A', ArrowDown: '\x1b[B' };

export class NativeField {
  readonly #form: HTMLFormElement;
  readonly #input: HTMLInputElement;
  readonly #label: HTMLElement;
  readonly #commands: HTMLElement;

  /**
   * @param form The elements of index.html's `#field`.
   * @param commands Those that get a button.
   */
  constructor(form: HTMLFormElement, commands: readonly string[], events: FieldEvents) {
    this.#form = form;
    this.#input = requireElement(form, 'input', HTMLInputElement);
    this.#label = requireElement(form, 'label');
    this.#commands = requireElement(form, '#commands');
    for (const command of commands) this.#commands.append(this.#button(command, events));
    this.#commands.hidden = commands.length === 0;

    this.#input.addEventListener('input', () => events.changed(this.#input.value));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      events.entered();
      this.#input.focus();
    });
    this.#input.addEventListener('paste', (event) => {
      const text = event.clipboardData?.getData('text') ?? '';
      // The field itself would make one line of several.
      if (!/[\r\n]/.test(text)) return;
      event.preventDefault();
      // The line editor does not know where the cursor of the field is: it is given the whole anew.
      const { value, selectionStart, selectionEnd } = this.#input;
      const before = value.slice(0, selectionStart ?? value.length);
      const after = value.slice(selectionEnd ?? value.length);
      events.changed('');
      events.pressed(`\x1b[200~${before}${text}${after}\x1b[201~`);
    });
    this.#input.addEventListener('keydown', (event) => {
      const data = KEYS[event.key];
      // An input method takes these keys for its list of words.
      if (data === undefined || event.isComposing) return;
      event.preventDefault();
      events.pressed(data);
    });
  }

  /** Whether it is there to be typed in. */
  set isShown(isShown: boolean) {
    this.#form.hidden = !isShown;
  }

  get isShown(): boolean {
    return !this.#form.hidden;
  }

  focus(): void {
    this.#input.focus();
  }

  /** Says what is asked. */
  ask({ for: asked, prompt, isMasked }: FieldPrompt): void {
    if (prompt !== undefined) this.#label.textContent = prompt;
    for (const button of this.#commands.querySelectorAll('button')) {
      button.ariaDisabled = String(asked !== 'command');
    }
    this.#input.type = isMasked ? 'password' : 'text';
    this.#input.autocapitalize = CAPITALS[asked ?? 'line'];
    this.#input.spellcheck = asked === 'message';
  }

  /** Shows the line as the line editor has it. */
  show(text: string): void {
    // Setting what is there already would end the composition of an input method.
    if (this.#input.value !== text) this.#input.value = text;
  }

  #button(command: string, { commanded }: FieldEvents): HTMLButtonElement {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = command;
    button.addEventListener('click', () => {
      if (button.ariaDisabled !== 'true') commanded(command);
    });
    return button;
  }
}
