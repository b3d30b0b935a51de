// Keeps xterm.js in its colors under a Content-Security-Policy without 'unsafe-inline'.
//
// xterm.js 6 writes its rules into <style> elements, and the ground of selected text into style
// attributes. To the policy both are inline styles, and blocked. What a script sets through the
// CSSOM is not, so that is where both go. xterm's option `documentOverride` would not do: its
// Viewport and its DomRendererRowFactory take the page's own document all the same.

/** From now on, what is written into <style> elements and a <span>'s style goes through the CSSOM. */
export function styleThroughCssom(): void {
  Object.defineProperty(document, 'createElement', { value: createElement });
  Object.defineProperty(HTMLSpanElement.prototype, 'setAttribute', { value: setAttribute });
}

function createElement(name: string, options?: ElementCreationOptions): HTMLElement {
  if (name === 'style') return sheetElement();
  return Document.prototype.createElement.call(document, name, options);
}

/** Stands in the page for a style sheet of the document, and takes its rules. */
function sheetElement(): HTMLElement {
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets.push(sheet);
  // Even an empty <style> breaks the policy; a <template> is as invisible.
  const element = document.createElement('template');
  Object.defineProperty(element, 'textContent', {
    set: (rules: string) => sheet.replaceSync(rules),
  });
  return element;
}

function setAttribute(this: HTMLSpanElement, name: string, value: string): void {
  if (name === 'style') this.style.cssText = value;
  else Element.prototype.setAttribute.call(this, name, value);
}
