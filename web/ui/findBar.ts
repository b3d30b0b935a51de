// The bar that searches the terminal.

import type { ISearchDecorationOptions } from '@xterm/addon-search';
import type { SearchResults } from '../page/lazyAddons.ts';
import type { Screen } from '../page/screen.ts';
import { element } from './element.ts';
import { iconButton } from './iconButton.ts';

type FindBarScreen = Pick<Screen, 'selection' | 'findMatch' | 'endSearch'>;

export class FindBar {
  readonly #bar: HTMLElement;
  readonly #text = element('input', {
    id: 'find-text',
    type: 'search',
    ariaLabel: 'Search for',
    placeholder: 'Search',
    autocomplete: 'off',
    autocapitalize: 'none',
    spellcheck: false,
  });
  readonly #count = element('output', { id: 'find-count' });
  readonly #screen: FindBarScreen;
  readonly #decorations: () => ISearchDecorationOptions;
  readonly #onClose: () => void;

  /**
   * @param parent Gets the bar, hidden.
   * @param decorations Returns how to mark the matches in the current appearance.
   * @param onClose Called after the bar is closed, to move the focus.
   */
  constructor(
    parent: HTMLElement,
    screen: FindBarScreen,
    decorations: () => ISearchDecorationOptions,
    onClose: () => void,
  ) {
    this.#screen = screen;
    this.#decorations = decorations;
    this.#onClose = onClose;
    const form = element(
      'form',
      { id: 'find-form' },
      this.#text,
      this.#count,
      iconButton('up', {
        ariaLabel: 'Previous match',
        title: 'Previous match (Shift-Enter)',
        onclick: () => this.#find('previous'),
      }),
      iconButton('down', {
        type: 'submit',
        ariaLabel: 'Next match',
        title: 'Next match (Enter)',
      }),
      iconButton('close', {
        ariaLabel: 'Close the search',
        title: 'Close the search (Escape)',
        onclick: () => this.close(),
      }),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#find('next');
    });
    this.#text.addEventListener('input', () => this.#find('next', true));
    this.#bar = element('search', { id: 'find', hidden: true }, form);
    this.#bar.addEventListener('keydown', (event) => this.#onKey(event));
    parent.prepend(this.#bar);
  }

  /** Opens the bar, and searches for a text, or for the selected one. */
  open(typed = ''): void {
    const { selection } = this.#screen;
    this.#bar.hidden = false;
    if (typed !== '') this.#text.value = typed;
    else if (selection !== '' && !selection.includes('\n')) this.#text.value = selection;
    this.#text.focus();
    // What is typed next replaces the text, or continues it.
    if (typed === '') this.#text.select();
    this.#find('next', true);
  }

  close(): void {
    this.#bar.hidden = true;
    this.#screen.endSearch();
    this.#onClose();
  }

  /** Shows how many matches a search has found. */
  showResults({ index, count }: SearchResults): void {
    if (this.#text.value === '') return;
    const label = index === -1 ? `${count}` : `${index + 1} of ${count}`;
    this.#count.textContent = count === 0 ? 'not found' : label;
  }

  #find(direction: 'next' | 'previous', incremental = false): void {
    if (this.#text.value === '') {
      this.#screen.endSearch();
      this.#count.textContent = '';
      return;
    }
    this.#screen.findMatch(this.#text.value, direction, {
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
