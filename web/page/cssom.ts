// Makes xterm.js work with a Content-Security-Policy without 'unsafe-inline'.
//
// xterm.js 6 writes its rules into <style> elements, and the background of selected text into style
// attributes. The policy blocks both as inline styles. It does not block styles that a script sets
// through the CSSOM, so this file redirects both there. xterm's option `documentOverride` is not
// enough: its Viewport and its DomRendererRowFactory use the page's document nevertheless.

/** Redirects the text of <style> elements and the style of <span> elements to the CSSOM. */
export function styleThroughCssom(): void {
  Object.defineProperty(document, 'createElement', { value: createElement });
  Object.defineProperty(HTMLSpanElement.prototype, 'setAttribute', { value: setAttribute });
}

function createElement(name: string, options?: ElementCreationOptions): HTMLElement {
  if (name === 'style') return sheetElement();
  return Document.prototype.createElement.call(document, name, options);
}

/** Replaces a <style> element: puts the rules into a style sheet of the document. */
function sheetElement(): HTMLElement {
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets.push(sheet);
  // Even an empty <style> violates the policy; a <template> is as invisible.
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
