// A short text that confirms what a button did, and disappears by itself.

const SHOWN_MS = 2_500;

export class Toast {
  readonly #element: HTMLElement;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param element A live region, so that screen readers announce the text. */
  constructor(element: HTMLElement) {
    this.#element = element;
  }

  show(text: string): void {
    clearTimeout(this.#timer);
    this.#element.textContent = text;
    this.#timer = setTimeout(() => {
      this.#element.textContent = '';
    }, SHOWN_MS);
  }
}
