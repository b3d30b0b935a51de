// The bar that searches the terminal.

import type { SearchAddon } from '@xterm/addon-search';
import { searchDecorations } from '../appearance/searchDecorations.ts';
import { LazyPart } from '../page/lazyPart.ts';
import type { Screen } from '../page/screen.ts';
import { element } from './element.ts';
import { iconButton } from './iconButton.ts';
import type { Toast } from './toast.ts';

type FindBarScreen = Pick<Screen, 'selection' | 'clearSelection' | 'loadAddon'>;

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
  readonly #search: LazyPart<SearchAddon>;
  readonly #onClose: () => void;

  /**
   * @param parent Gets the bar, hidden.
   * @param onClose Called after the bar is closed, to move the focus.
   */
  constructor(
    parent: HTMLElement,
    screen: FindBarScreen,
    toast: Pick<Toast, 'show'>,
    onClose: () => void,
  ) {
    this.#screen = screen;
    this.#search = new LazyPart(
      () => this.#loadSearch(),
      () => toast.show('The search could not be loaded. Try again, or reload the page.'),
    );
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
    this.#unmark();
    this.#onClose();
  }

  async #loadSearch(): Promise<SearchAddon> {
    const { SearchAddon } = await import('@xterm/addon-search');
    const search = new SearchAddon();
    this.#screen.loadAddon(search);
    search.onDidChangeResults(({ resultIndex, resultCount }) =>
      this.#showResults(resultIndex, resultCount),
    );
    return search;
  }

  /** @param index Of the current match, from 0; -1 if there are too many to tell. */
  #showResults(index: number, count: number): void {
    if (this.#text.value === '') return;
    const label = index === -1 ? `${count}` : `${index + 1} of ${count}`;
    this.#count.textContent = count === 0 ? 'not found' : label;
  }

  /** Marks all matches, and selects the next or the previous one. */
  #find(direction: 'next' | 'previous', incremental = false): void {
    const text = this.#text.value;
    if (text === '') {
      this.#unmark();
      this.#count.textContent = '';
      return;
    }
    this.#search.use((search) => {
      const options = { incremental, decorations: searchDecorations() };
      if (direction === 'next') search.findNext(text, options);
      else search.findPrevious(text, options);
    });
  }

  #unmark(): void {
    this.#search.useIfLoaded((search) => {
      search.clearDecorations();
      this.#screen.clearSelection();
    });
  }

  #onKey(event: KeyboardEvent): void {
    // Escape and Enter are the input method's then.
    if (event.isComposing) return;
    if (event.key === 'Escape') this.close();
    else if (event.key === 'Enter' && event.shiftKey) this.#find('previous');
    else return;
    event.preventDefault();
  }
}
