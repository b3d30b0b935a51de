// Shows a new user how to begin, below the first prompt. It is no part of the terminal's text, and it
// does not come back: not after a key, a tap or any output, and not after a reconnection.

/** @param commands The commands of the target. One that ends in a space has arguments. */
export function startHintText(commands: readonly string[], hasButtons: boolean): string {
  const command = commands.find((one) => !one.endsWith(' '));
  if (command === undefined) return 'Type a line and press Enter to send it.';
  if (hasButtons) return 'Tap a command to begin.';
  const purpose = command === 'MSGGET' ? ' to read the message' : '';
  return `Type ${command} and press Enter${purpose}, or Ctrl-K for everything you can do.`;
}

export class StartHint {
  readonly #element: HTMLElement;
  readonly #compose: () => string;

  /** @param compose Composes the text when it is first shown. */
  constructor(element: HTMLElement, compose: () => string) {
    this.#element = element;
    this.#compose = compose;
  }

  /** The text while it is shown; empty before and after. */
  get text(): string {
    return this.#element.isConnected ? (this.#element.textContent ?? '') : '';
  }

  /** Shows the hint with the next call of `place`, unless it has been removed. */
  show(): void {
    this.#element.textContent ||= this.#compose();
  }

  /** @param top Computes where the free rows of the terminal begin, in CSS pixels. */
  place(top: () => number): void {
    if (this.text === '') return;
    this.#element.style.top = `${top()}px`;
    this.#element.hidden = false;
  }

  remove(): void {
    this.#element.remove();
  }
}
