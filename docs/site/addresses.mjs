// Where a file of the repository is on the site. Pages keep their folders, so that links and pictures
// stay relative, and the site works at any address.

import { existsSync, statSync } from 'node:fs';
import { posix } from 'node:path';

const PICTURE = /\.(?:png|svg)$/;

/**
 * The address of a file or folder: a page for Markdown, and a page that shows any other text.
 *
 * @param {string} path Relative to the root of the repository.
 */
export function addressOf(path) {
  if (PICTURE.test(path)) return path;
  if (path.endsWith('README.md')) return posix.join(path, '../index.html');
  if (path.endsWith('.md')) return path.replace(/md$/, 'html');
  return isFolder(path) ? posix.join(path, 'index.html') : `${path}.html`;
}

/** @param {string} path Relative to the root of the repository. */
export function isFolder(path) {
  return existsSync(path) && statSync(path).isDirectory();
}

/** @param {string} link */
export function isExternal(link) {
  return /^[a-z]+:/.test(link);
}

/**
 * The file that a link leads to, and its anchor with `#`.
 *
 * @param {string} from The file that contains the link.
 * @param {string} link
 */
export function resolveLink(from, link) {
  const [, path = '', anchor = ''] = /^([^#]*)(#.*)?$/.exec(link) ?? [];
  const file = path === '' ? from : posix.join(posix.dirname(from), path).replace(/\/$/, '');
  return { file, anchor };
}

/**
 * @param {string} from An address.
 * @param {string} to An address.
 */
export function relativeAddress(from, to) {
  return posix.relative(posix.dirname(from), to);
}
