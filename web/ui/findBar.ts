// Looks for a text in the terminal.

import type { ISearchDecorationOptions } from '@xterm/addon-search';
import type { Screen, SearchResults } from '../page/screen.ts';

export interface FindBarElements {
  /** What opens and closes. */
  bar: HTMLElement;
  form: HTMLFormElement;
  text: HTMLInputElement;
  count: HTMLElement;
  previous: HTMLElement;
  close: HTMLElement;
}

export class FindBar {
  readonly #parts: FindBarElements;
  readonly #screen: Screen;
  readonly #decorations: () => ISearchDecorationOptions;
  readonly #onClose: () => void;

  /**
   * @param decorations How matches are marked, now.
   * @param onClose Called when it is closed: the focus has to go somewhere.
   */
  constructor(
    parts: FindBarElements,
    screen: Screen,
    decorations: () => ISearchDecorationOptions,
    onClose: () => void,
  ) {
    this.#parts = parts;
    this.#screen = screen;
    this.#decorations = decorations;
    this.#onClose = onClose;
    const { bar, form, text, previous, close } = parts;
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#find('next');
    });
    text.addEventListener('input', () => this.#find('next', true));
    previous.addEventListener('click', () => this.#find('previous'));
    close.addEventListener('click', () => this.close());
    bar.addEventListener('keydown', (event) => this.#onKey(event));
    screen.onMatches((matches) => this.#count(matches));
  }

  /** Opens it; what is selected is looked for. */
  open(): void {
    const { bar, text } = this.#parts;
    const { selection } = this.#screen;
    bar.hidden = false;
    if (selection !== '' && !selection.includes('\n')) text.value = selection;
    text.focus();
    text.select();
    this.#find('next', true);
  }

  close(): void {
    this.#parts.bar.hidden = true;
    this.#screen.endSearch();
    this.#onClose();
  }

  #find(direction: 'next' | 'previous', incremental = false): void {
    const { text, count } = this.#parts;
    if (text.value === '') {
      this.#screen.endSearch();
      count.textContent = '';
      return;
    }
    this.#screen.findMatch(text.value, direction, {
      incremental,
      decorations: this.#decorations(),
    });
  }

  #count({ index, count }: SearchResults): void {
    if (this.#parts.text.value === '') return;
    const place = index === -1 ? `${count}` : `${index + 1} of ${count}`;
    this.#parts.count.textContent = count === 0 ? 'not found' : place;
  }

  #onKey(event: KeyboardEvent): void {
    if (event.key === 'Escape') this.close();
    else if (event.key === 'Enter' && event.shiftKey) this.#find('previous');
    else return;
    event.preventDefault();
  }
}
