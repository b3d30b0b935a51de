// Creates elements. A script may not set innerHTML here: the Content-Security-Policy requires
// trusted types, and allows none (bridge/http/headers.ts).

const SVG = 'http://www.w3.org/2000/svg';

/** Creates an element with these properties and children. A string becomes a text. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  properties: Partial<HTMLElementTagNameMap[Name]> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const created = Object.assign(document.createElement(name), properties);
  created.append(...children);
  return created;
}

/** Creates a button that is not the one that submits a form. */
export function button(
  properties: Partial<HTMLButtonElement>,
  ...children: (Node | string)[]
): HTMLButtonElement {
  return element('button', { type: 'button', ...properties }, ...children);
}

/** Creates a button that shows an icon of index.html. */
export function iconButton(
  icon: string,
  properties: Partial<HTMLButtonElement> & { ariaLabel: string },
): HTMLButtonElement {
  const svg = document.createElementNS(SVG, 'svg');
  const use = document.createElementNS(SVG, 'use');
  svg.setAttribute('aria-hidden', 'true');
  use.setAttribute('href', `#icon-${icon}`);
  svg.append(use);
  return button(properties, svg);
}
