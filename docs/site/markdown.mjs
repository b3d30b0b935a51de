// Turns Markdown files into HTML, as a Git host shows them: with the same anchors, and with links
// between the same files.

import MarkdownIt from 'markdown-it';
import { anchorsOf, readPage } from '../../dist/testing/docs.js';

/** @typedef {import('markdown-it').Token} Token */

/**
 * A part of a page, from one heading to the next.
 *
 * @typedef {object} Section
 * @property {number} level 1 is the title of the page.
 * @property {string} title
 * @property {string} anchor
 * @property {string} text Without markup, for the search.
 */

/**
 * @typedef {object} Page
 * @property {string} title
 * @property {string} html
 * @property {Section[]} sections
 */

const markdown = new MarkdownIt({ html: true, linkify: true });

// Wide tables and code scroll by themselves; `tabindex` lets the keyboard scroll them.
Object.assign(markdown.renderer.rules, {
  table_open: () => '<div class="table" tabindex="0"><table>\n',
  table_close: () => '</table></div>\n',
  /** @type {(tokens: Token[], index: number) => string} */
  fence: (tokens, index) => preformatted(tokens[index]?.content ?? ''),
});

/** @param {string} text */
export function preformatted(text) {
  return `<pre tabindex="0"><code>${escapeHtml(text)}</code></pre>\n`;
}

/** @param {string} text */
export function escapeHtml(text) {
  return markdown.utils.escapeHtml(text);
}

/**
 * @param {string} path Relative to the root of the repository.
 * @param {(href: string) => string} rewriteLink Called for each link, not for images.
 * @returns {Page}
 */
export function readMarkdown(path, rewriteLink) {
  const text = readPage(path);
  const tokens = markdown.parse(text, {});
  const anchors = anchorsOf(text);
  /** @type {Section[]} */
  const sections = [];
  for (const [index, token] of tokens.entries()) {
    if (token.type === 'heading_open') {
      const anchor = anchors[sections.length] ?? '';
      token.attrSet('id', anchor);
      const title = plainText(tokens[index + 1]);
      sections.push({ level: Number(token.tag.slice(1)), title, anchor, text: '' });
    } else if (tokens[index - 1]?.type !== 'heading_open') {
      const section = sections.at(-1);
      if (section !== undefined) section.text += ` ${plainText(token)}`;
    }
    for (const link of token.children?.filter(({ type }) => type === 'link_open') ?? []) {
      link.attrSet('href', rewriteLink(String(link.attrGet('href'))));
    }
  }
  if (sections.length !== anchors.length) throw new Error(`${path}: cannot tell its headings`);
  const html = markdown.renderer
    .render(tokens, markdown.options, {})
    // The first column of some tables needs no heading; an empty one confuses a screen reader.
    .replace(/<th><\/th>/g, '<td></td>');
  return { title: sections[0]?.title ?? path, html, sections };
}

/** @param {Token | undefined} token */
function plainText(token) {
  if (token?.type === 'fence') return token.content;
  const parts = token?.children?.filter(({ type }) => !type.startsWith('html')) ?? [];
  return parts.map(({ type, content }) => (type === 'softbreak' ? ' ' : content)).join('');
}

/**
 * Reads the table of contents: its headings, and the links in the first column of their tables.
 *
 * @param {string} path Relative to the root of the repository.
 * @returns {{ title: string, links: { href: string, text: string }[] }[]}
 */
export function readContents(path) {
  /** @type {ReturnType<typeof readContents>} */
  const groups = [];
  const tokens = markdown.parse(readPage(path), {});
  for (const [index, token] of tokens.entries()) {
    const next = tokens[index + 1];
    if (token.type === 'heading_open' && token.tag === 'h2') {
      groups.push({ title: plainText(next), links: [] });
    }
    if (token.type === 'td_open' && tokens[index - 1]?.type === 'tr_open') {
      const href = next?.children?.find(({ type }) => type === 'link_open')?.attrGet('href');
      if (typeof href === 'string') groups.at(-1)?.links.push({ href, text: plainText(next) });
    }
  }
  return groups;
}
