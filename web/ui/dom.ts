// Finds the elements of index.html.

/**
 * @returns The first element below the root that fits the selector, and is of its kind.
 * @throws Where there is none: the page and the program do not fit together.
 */
export function find(root: ParentNode, selector: string): HTMLElement;
export function find<T extends HTMLElement>(
  root: ParentNode,
  selector: string,
  kind: new () => T,
): T;
export function find(root: ParentNode, selector: string, kind = HTMLElement): HTMLElement {
  const found = root.querySelector(selector);
  if (!(found instanceof kind)) throw new Error(`index.html has no such ${selector}`);
  return found;
}
