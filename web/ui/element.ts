// Creates elements. A script may not set innerHTML here: the Content-Security-Policy requires
// trusted types, and allows none (bridge/http/headers.ts).

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
