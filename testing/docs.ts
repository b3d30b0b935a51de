// Reads the documentation: the commands in it, for the tests that run them, and its headings, links
// and paths, for the test that checks them.

import { readdirSync, readFileSync } from 'node:fs';
import { ROOT } from './root.ts';

/** Installed or built files, which are not checked. */
const SKIPPED = new Set(['node_modules', 'dist', 'test-results', '.git']);

/** @returns The path of every Markdown file, relative to the root. */
export function markdownFiles(folder = ''): string[] {
  const entries = readdirSync(new URL(folder || '.', ROOT), { withFileTypes: true });
  return entries.flatMap((entry) => {
    const path = `${folder}${entry.name}`;
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : markdownFiles(`${path}/`);
    return path.endsWith('.md') ? [path] : [];
  });
}

/** @param page Its path, relative to the root. */
export function readPage(page: string): string {
  return readFileSync(new URL(page, ROOT), 'utf8');
}

/** @returns The text without its fenced code. */
export function proseOf(text: string): string {
  return text.replace(/^( *)```.*?^\1```$/gms, '');
}

/** @returns The titles of a page's headings, in order. */
export function headingsOf(text: string): string[] {
  return [...proseOf(text).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) => title);
}

/**
 * @returns The anchors that GitHub gives a page's headings; repeated titles get a numeric suffix.
 */
export function anchorsOf(text: string): string[] {
  const seen = new Map<string, number>();
  return headingsOf(text).map((title) => {
    const anchor = anchorOf(title);
    const count = seen.get(anchor) ?? 0;
    seen.set(anchor, count + 1);
    return count === 0 ? anchor : `${anchor}-${count}`;
  });
}

function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');
}

/**
 * Reads a code block from a page, so that a test can run what the page shows.
 *
 * @param page Its path, relative to the root.
 * @param heading The title of the block's section, which ends with the next heading.
 * @param language The word after the opening fence.
 * @param index Which of the section's blocks in that language, from 0.
 * @throws If there is no such block.
 */
export function codeBlock(page: string, heading: string, language: string, index = 0): string {
  const parts = [
    ...readPage(page).matchAll(/^#+ (?<title>[^\n]+)$|^```(?<word>\w*)\n(?<code>.*?)^```$/gms),
  ];
  const start = parts.findIndex(({ groups }) => groups?.['title'] === heading);
  const after = parts.slice(start + 1);
  const end = after.findIndex(({ groups }) => groups?.['title'] !== undefined);
  const blocks = start === -1 ? [] : after.slice(0, end === -1 ? undefined : end);
  const code = blocks.filter(({ groups }) => groups?.['word'] === language)[index]?.groups?.[
    'code'
  ];
  if (code !== undefined) return code;
  throw new Error(`${page} has no block ${index} of '${language}' under "${heading}"`);
}

/**
 * Replaces parts of a text, such as the ports and files of a guide with those of a test.
 *
 * @throws If the text does not contain a part: the page has changed, and the test must follow.
 */
export function replaceParts(
  text: string,
  replacements: readonly (readonly [string, string])[],
): string {
  return replacements.reduce((before, [from, to]) => {
    if (!before.includes(from)) throw new Error(`there is no '${from}' in:\n${before}`);
    return before.replaceAll(from, to);
  }, text);
}
