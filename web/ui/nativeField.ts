// A text field below the terminal, for touch keyboards, input methods and screen readers, which do
// not work well with a terminal. It shows the line of the line editor, and changes it.

import {
  continuesCommand,
  type PromptKind,
  takesCommand,
} from '../../client/dialogue/conversation.ts';
import { requireElement } from './dom.ts';
import { inputHints } from './inputHints.pure.ts';

export interface FieldEvents {
  /** The text was edited. */
  changed(text: string): void;
  /** Enter or the send button. */
  submitted(): void;
  /** A command's button. */
  commandPressed(command: string): void;
  /**
   * Input for the line editor, in the form of xterm's `onData`: arrow keys, Ctrl-C, and pastes of
   * several lines.
   */
  typed(data: string): void;
}

export interface FieldPrompt {
  /** The kind of the current prompt; `undefined` if there is none. */
  for: PromptKind | undefined;
  /** The label above the field; unchanged if left out. */
  prompt?: string;
  /** Whether the field shows bullets. */
  isMasked: boolean;
}

const CTRL_C = '\x03';

const KEYS: Readonly<Record<string, string>> = { ArrowUp: '\x1b[A', ArrowDown: '\x1b[B' };

export class NativeField {
  readonly #form: HTMLFormElement;
  readonly #input: HTMLInputElement;
  readonly #label: HTMLElement;
  readonly #commands: HTMLElement;
  readonly #cancel: HTMLElement;
  #isShown = false;
  #text = '';
  #isConcealed = false;
  #prompt: FieldPrompt = { for: undefined, isMasked: false };

  /**
   * @param form `#field` of index.html.
   * @param commands The commands to show as buttons.
   */
  constructor(form: HTMLFormElement, commands: readonly string[], events: FieldEvents) {
    this.#form = form;
    this.#input = requireElement(form, 'input', HTMLInputElement);
    this.#label = requireElement(form, 'label');
    this.#commands = requireElement(form, '#commands');
    this.#cancel = this.#button('Cancel', () => {
      events.typed(CTRL_C);
      this.#input.focus();
    });
    for (const command of commands)
      this.#commands.append(this.#button(command, () => events.commandPressed(command)));
    this.#commands.append(this.#cancel);
    this.#commands.hidden = commands.length === 0;

    this.#input.addEventListener('input', () => events.changed(this.#input.value));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      events.submitted();
      this.#input.focus();
    });
    this.#input.addEventListener('paste', (event) => {
      const text = event.clipboardData?.getData('text') ?? '';
      // The browser would join the lines of the paste.
      if (!/[\r\n]/.test(text)) return;
      event.preventDefault();
      // The line editor does not know the cursor of the field: replace the whole line.
      const { value, selectionStart, selectionEnd } = this.#input;
      const before = value.slice(0, selectionStart ?? value.length);
      const after = value.slice(selectionEnd ?? value.length);
      events.changed('');
      events.typed(`\x1b[200~${before}${text}${after}\x1b[201~`);
    });
    this.#input.addEventListener('keydown', (event) => {
      const data = KEYS[event.key];
      // An input method uses these keys in its list of candidates. With a modifier, they select text,
      // or move to its ends.
      const { shiftKey, ctrlKey, altKey, metaKey } = event;
      const hasModifier = shiftKey || ctrlKey || altKey || metaKey;
      if (data === undefined || event.isComposing || hasModifier) return;
      event.preventDefault();
      events.typed(data);
    });
  }

  /** While it is hidden, it is not updated: each key would cost time for nothing. */
  set isShown(isShown: boolean) {
    this.#isShown = isShown;
    this.#form.hidden = !isShown;
    this.#showPrompt();
    this.#showText();
  }

  get isShown(): boolean {
    return this.#isShown;
  }

  focus(): void {
    this.#input.focus();
  }

  /** Adapts the field to the current prompt. */
  setPrompt(prompt: FieldPrompt): void {
    this.#prompt = { ...this.#prompt, ...prompt };
    this.#showPrompt();
  }

  /**
   * Shows the line of the line editor.
   *
   * @param isConcealed Whether a part of it is a secret. The whole line then shows as dots, by its
   *   style: another type would move the caret, and restart the touch keyboard in mid-line.
   */
  setText(text: string, { isConcealed }: { isConcealed: boolean }): void {
    this.#text = text;
    this.#isConcealed = isConcealed;
    this.#showText();
  }

  #showText(): void {
    if (!this.#isShown) return;
    this.#input.classList.toggle('concealed', this.#isConcealed);
    // Setting the same text again would end the composition of an input method.
    if (this.#input.value !== this.#text) this.#input.value = this.#text;
  }

  #showPrompt(): void {
    if (!this.#isShown) return;
    const { for: kind, prompt, isMasked } = this.#prompt;
    if (prompt !== undefined) this.#label.textContent = prompt;
    // At a prompt that takes no command, the way out of it is at hand wherever the row was scrolled.
    const isCancelable = continuesCommand(kind);
    for (const button of this.#commands.querySelectorAll('button')) {
      button.hidden = isCancelable !== (button === this.#cancel);
      button.ariaDisabled = String(!isCancelable && !takesCommand(kind));
    }
    this.#input.type = isMasked ? 'password' : 'text';
    Object.assign(this.#input, inputHints(kind));
  }

  #button(command: string, pressed: () => void): HTMLButtonElement {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = command.endsWith(' ') ? `${command}…` : command;
    button.classList.toggle('danger', command === 'SHUTDOWN');
    button.addEventListener('click', () => {
      if (button.ariaDisabled !== 'true') pressed();
    });
    return button;
  }
}
