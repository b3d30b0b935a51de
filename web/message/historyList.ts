// A list in the panel with the history, with a title. Without items, both are hidden.

import { element } from '../ui/element.ts';

export class HistoryList {
  readonly element: HTMLElement;
  readonly #title: HTMLElement;
  readonly #list = element('ol');

  constructor(title: string, label: string) {
    this.#title = element('h3', {}, title);
    this.#list.ariaLabel = label;
    this.element = element('div', {}, this.#title, this.#list);
  }

  set isTitled(isTitled: boolean) {
    this.#title.hidden = !isTitled;
  }

  /** Shows these items. Those that are in the list already, in the same order, are not moved. */
  show(items: readonly HTMLElement[]): void {
    const shown = new Set<Element>(items);
    for (const item of [...this.#list.children]) if (!shown.has(item)) item.remove();
    items.forEach((item, i) => {
      const present = this.#list.children[i] ?? null;
      if (present !== item) this.#list.insertBefore(item, present);
    });
    this.element.hidden = items.length === 0;
  }
}
