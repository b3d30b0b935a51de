// A list in the panel with the history, below its title. Without items, both are hidden.

import { element } from '../ui/element.ts';

export class HistoryList {
  readonly element: HTMLElement;
  readonly #list = element('ol');

  constructor(title: string, label: string) {
    this.#list.ariaLabel = label;
    this.element = element('div', {}, element('h3', {}, title), this.#list);
  }

  show(items: readonly HTMLElement[]): void {
    showChildren(this.#list, items);
    this.element.hidden = items.length === 0;
  }
}

/** Makes these the children of an element. Those that are in it, in the same order, are not moved. */
export function showChildren(parent: HTMLElement, children: readonly HTMLElement[]): void {
  const shown = new Set<Element>(children);
  for (const child of [...parent.children]) if (!shown.has(child)) child.remove();
  children.forEach((child, i) => {
    const present = parent.children[i] ?? null;
    if (present !== child) parent.insertBefore(child, present);
  });
}
