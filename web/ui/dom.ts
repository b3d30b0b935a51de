// Finds the elements of index.html.

/**
 * @returns The first element below `root` that matches the selector and is of the given kind.
 * @throws If there is none: index.html and the script do not match.
 */
export function requireElement(root: ParentNode, selector: string): HTMLElement;
export function requireElement<T extends HTMLElement>(
  root: ParentNode,
  selector: string,
  kind: new () => T,
): T;
export function requireElement(
  root: ParentNode,
  selector: string,
  kind = HTMLElement,
): HTMLElement {
  const element = root.querySelector(selector);
  if (!(element instanceof kind)) {
    throw new Error(`index.html has no ${kind.name} that matches ${selector}`);
  }
  return element;
}
