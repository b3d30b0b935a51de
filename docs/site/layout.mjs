// What surrounds the text of every page: the search, and the table of contents.

import { addressOf, relativeAddress, resolveLink } from './addresses.mjs';
import { escapeHtml, readContents } from './markdown.mjs';

const CONTENTS = 'docs/README.md';
const NAME = 'MOTD Terminal';

/** The site loads nothing from elsewhere. Style attributes are those of aligned table columns. */
const POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; object-src 'none'";

/**
 * @param {string} address The page's own.
 * @param {{ title: string, html: string, sections: import('./markdown.mjs').Section[] }} page
 */
export function layOut(address, { title, html, sections }) {
  const link = (/** @type {string} */ to) => relativeAddress(address, to);
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="${POLICY}">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <link rel="icon" href="${link('icon.svg')}" type="image/svg+xml">
    <link rel="stylesheet" href="${link('style.css')}">
    <script type="module" src="${link('search.js')}"></script>
    <title>${escapeHtml(title === NAME ? NAME : `${title} · ${NAME}`)}</title>
  </head>
  <body>
    <header>
      <a href="${link('index.html')}">${NAME}</a>
      <a id="to-contents" href="#contents">Contents</a>
      <search id="search" hidden data-pages="${link('sections.json')}" data-root="${link('.')}">
        <input type="search" placeholder="Search" aria-label="Search the documentation">
        <p role="status"></p>
        <ul></ul>
      </search>
    </header>
    <main>
${html}    </main>
    <nav id="contents" aria-label="Contents">
${contentsOf(address, sections)}    </nav>
  </body>
</html>
`;
}

/**
 * @param {string} address
 * @param {import('./markdown.mjs').Section[]} sections
 */
function contentsOf(address, sections) {
  const start = { title: 'Start', links: [{ href: '../README.md', text: NAME }] };
  return [start, ...readContents(CONTENTS)]
    .map(({ title, links }) => {
      const entries = links.map(({ href, text }) => {
        const to = addressOf(resolveLink(CONTENTS, href).file);
        return to === address
          ? `<li><a href="" aria-current="page">${escapeHtml(text)}</a>${partsOf(sections)}</li>`
          : `<li><a href="${relativeAddress(address, to)}">${escapeHtml(text)}</a></li>`;
      });
      return `<h2>${escapeHtml(title)}</h2>\n<ul>\n${entries.join('\n')}\n</ul>\n`;
    })
    .join('');
}

/** @param {import('./markdown.mjs').Section[]} sections */
function partsOf(sections) {
  const parts = sections.filter(({ level }) => level === 2);
  if (parts.length === 0) return '';
  const entries = parts.map(
    ({ anchor, title }) => `<li><a href="#${anchor}">${escapeHtml(title)}</a></li>`,
  );
  return `<ul>${entries.join('')}</ul>`;
}
