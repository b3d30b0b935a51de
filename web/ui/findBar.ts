// The bar that searches the terminal.

import type { ISearchDecorationOptions } from '@xterm/addon-search';
import type { SearchResults } from '../page/lazyAddons.ts';
import type { Screen } from '../page/screen.ts';
import { requireElement } from './dom.ts';

interface FindBarElements {
  bar: HTMLElement;
  form: HTMLFormElement;
  text: HTMLInputElement;
  count: HTMLElement;
  previous: HTMLElement;
  close: HTMLElement;
}

type FindBarScreen = Pick<Screen, 'selection' | 'findMatch' | 'endSearch'>;

export class FindBar {
  readonly #elements: FindBarElements;
  readonly #screen: FindBarScreen;
  readonly #decorations: () => ISearchDecorationOptions;
  readonly #onClose: () => void;

  /**
   * @param decorations Returns how to mark the matches in the current appearance.
   * @param onClose Called after the bar is closed, to move the focus.
   */
  constructor(
    document: Document,
    screen: FindBarScreen,
    decorations: () => ISearchDecorationOptions,
    onClose: () => void,
  ) {
    this.#elements = elementsOf(document);
    this.#screen = screen;
    this.#decorations = decorations;
    this.#onClose = onClose;
    const { bar, form, text, previous, close } = this.#elements;
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#find('next');
    });
    text.addEventListener('input', () => this.#find('next', true));
    previous.addEventListener('click', () => this.#find('previous'));
    close.addEventListener('click', () => this.close());
    bar.addEventListener('keydown', (event) => this.#onKey(event));
  }

  /** Opens the bar, and searches for a text, or for the selected one. */
  open(typed = ''): void {
    const { bar, text } = this.#elements;
    const { selection } = this.#screen;
    bar.hidden = false;
    if (typed !== '') text.value = typed;
    else if (selection !== '' && !selection.includes('\n')) text.value = selection;
    text.focus();
    // What is typed next replaces the text, or continues it.
    if (typed === '') text.select();
    this.#find('next', true);
  }

  close(): void {
    this.#elements.bar.hidden = true;
    this.#screen.endSearch();
    this.#onClose();
  }

  /** Shows how many matches a search has found. */
  showResults({ index, count }: SearchResults): void {
    if (this.#elements.text.value === '') return;
    const label = index === -1 ? `${count}` : `${index + 1} of ${count}`;
    this.#elements.count.textContent = count === 0 ? 'not found' : label;
  }

  #find(direction: 'next' | 'previous', incremental = false): void {
    const { text, count } = this.#elements;
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

  #onKey(event: KeyboardEvent): void {
    if (event.key === 'Escape') this.close();
    else if (event.key === 'Enter' && event.shiftKey) this.#find('previous');
    else return;
    event.preventDefault();
  }
}

function elementsOf(document: Document): FindBarElements {
  return {
    bar: requireElement(document, '#find'),
    form: requireElement(document, '#find-form', HTMLFormElement),
    text: requireElement(document, '#find-text', HTMLInputElement),
    count: requireElement(document, '#find-count'),
    previous: requireElement(document, '#find-previous'),
    close: requireElement(document, '#find-close'),
  };
}
