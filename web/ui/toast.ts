// A word on what a button has done, for a moment.

const SHOWN_MS = 2_500;

export class Toast {
  readonly #element: HTMLElement;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param element A live region of the page. */
  constructor(element: HTMLElement) {
    this.#element = element;
  }

  show(words: string): void {
    clearTimeout(this.#timer);
    this.#element.textContent = words;
    this.#timer = setTimeout(() => {
      this.#element.textContent = '';
    }, SHOWN_MS);
  }
}
