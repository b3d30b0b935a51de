// Style sheets of parts that are loaded at their first use. As text in the part's script, a style
// sheet needs no request of its own, which could fail while the script loads.

/** Adds a style sheet to the page, after all others. */
export function adoptStyles(css: string): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets.push(sheet);
}
