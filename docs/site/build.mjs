// Builds the documentation as a site: HTML files for any web server, which need no other site.
//
// - Every Markdown file becomes a page. A link to another file or folder of the repository leads to a
//   page that shows its text, or lists its files.
// - Pictures are copied if a page shows them.
// - The search indexes `sections.json` in the browser (search.js).
//
// VitePress 1.6 would bring 125 packages with 102 MB, among them a Vite 5 of its own.

import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { posix } from 'node:path';
import { build } from 'rolldown';
import { markdownFiles } from '../../dist/testing/docs.js';
import { addressOf, isExternal, isFolder, relativeAddress, resolveLink } from './addresses.mjs';
import { layOut } from './layout.mjs';
import { escapeHtml, preformatted, readMarkdown } from './markdown.mjs';

/** @typedef {import('./markdown.mjs').Page} Page */

/**
 * @param {string} output The folder, which is replaced if it is a site.
 * @throws {Error} If a link leads nowhere, or the folder has other files.
 */
export async function buildSite(output) {
  const isReplaceable = !existsSync(output) || existsSync(`${output}/sections.json`);
  if (!isReplaceable && readdirSync(output).length > 0)
    throw new Error(`${output} has other files, which the site would replace; name a new folder`);
  const pages = readPages();
  rmSync(output, { recursive: true, force: true });
  const site = new Map(
    [...pages].map(([file, page]) => [addressOf(file), layOut(addressOf(file), page)]),
  );
  for (const [address, html] of site) write(`${output}/${address}`, html);
  const pictures = [...site].flatMap(picturesOf);
  for (const picture of new Set(pictures)) copy(picture, `${output}/${picture}`);
  copy('web/public/icon.svg', `${output}/icon.svg`);
  copy('docs/site/style.css', `${output}/style.css`);
  write(`${output}/sections.json`, JSON.stringify(searchedSections(pages)));
  await build({
    input: 'docs/site/search.js',
    output: { file: `${output}/search.js`, minify: true },
  });
  checkLinks(site, new Set(readdirSync(output, { recursive: true, encoding: 'utf8' })));
}

/** @returns {Map<string, Page>} Each page by its file: all Markdown, and what it links to. */
function readPages() {
  const files = new Set(markdownFiles());
  const pages = new Map();
  // Grows while it is iterated.
  for (const file of files) {
    const page = readPage(file, (link) => {
      if (isExternal(link)) return link;
      const { file: to, anchor } = resolveLink(file, link);
      if (!existsSync(to)) throw new Error(`${file}: ${link} leads nowhere`);
      files.add(to);
      return `${relativeAddress(addressOf(file), addressOf(to))}${anchor}`;
    });
    pages.set(file, page);
  }
  return pages;
}

/**
 * @param {string} file
 * @param {(link: string) => string} rewriteLink
 * @returns {Page}
 */
function readPage(file, rewriteLink) {
  if (file.endsWith('.md')) return readMarkdown(file, rewriteLink);
  const content = isFolder(file)
    ? listingOf(file, rewriteLink)
    : preformatted(readFileSync(file, 'utf8'));
  return { title: file, html: `<h1>${escapeHtml(file)}</h1>\n${content}`, sections: [] };
}

/**
 * @param {string} folder
 * @param {(link: string) => string} rewriteLink
 */
function listingOf(folder, rewriteLink) {
  const entries = readdirSync(folder).map((name) => {
    const address = rewriteLink(`${posix.basename(folder)}/${name}`);
    return `<li><a href="${address}">${escapeHtml(name)}</a></li>\n`;
  });
  return `<ul>\n${entries.join('')}</ul>\n`;
}

/** @param {Map<string, Page>} pages */
function searchedSections(pages) {
  return [...pages].flatMap(([file, { title: page, sections }]) =>
    sections.map(({ title, anchor, text }) => ({
      id: `${addressOf(file)}#${anchor}`,
      page,
      title,
      text: text.replace(/\s+/g, ' ').trim(),
    })),
  );
}

/** @param {[address: string, html: string]} page */
function picturesOf([address, html]) {
  return linksOf(html)
    .filter((link) => /\.(?:png|svg)$/.test(link) && !isExternal(link))
    .map((link) => resolveLink(address, link).file)
    .filter((file) => file !== 'icon.svg');
}

/**
 * @param {Map<string, string>} site The HTML of each page by its address.
 * @param {Set<string>} files
 */
function checkLinks(site, files) {
  const broken = [...site].flatMap(([address, html]) =>
    linksOf(html)
      .filter((link) => !isExternal(link))
      .filter((link) => {
        const { file, anchor } = resolveLink(address, link);
        if (!files.has(file)) return true;
        return anchor !== '' && !site.get(file)?.includes(` id="${anchor.slice(1)}"`);
      })
      .map((link) => `${address}: ${link}`),
  );
  if (broken.length > 0) throw new Error(`links that lead nowhere:\n${broken.join('\n')}`);
}

/** @param {string} html */
function linksOf(html) {
  return [...html.matchAll(/\s(?:href|src|srcset)="([^"]*)"/g)].map(([, link = '']) => link);
}

/**
 * @param {string} file
 * @param {string} text
 */
function write(file, text) {
  mkdirSync(posix.dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/**
 * @param {string} from
 * @param {string} to
 */
function copy(from, to) {
  mkdirSync(posix.dirname(to), { recursive: true });
  copyFileSync(from, to);
}
