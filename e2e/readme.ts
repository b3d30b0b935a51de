// What README.md tells a newcomer to type, taken from there: a test that runs it proves the page.

import { readFileSync } from 'node:fs';

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

/**
 * @param heading That of the section, without its `##`.
 * @param language What stands behind the opening fence.
 * @param index Which of the section's blocks in that language.
 * @throws Where there is no such block.
 */
export function codeUnder(heading: string, language: string, index = 0): string {
  const section = README.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
  const blocks = [...section.matchAll(/^```(\w*)\n(.*?)^```$/gms)];
  const code = blocks.filter(([, found]) => found === language)[index]?.[2];
  if (code === undefined)
    throw new Error(`README has no ${language} number ${index} in ${heading}`);
  return code;
}

/**
 * Puts a test's own ports and files into such a text.
 *
 * @throws Where what is to be replaced is not there: then it is README no longer.
 */
export function edited(text: string, edits: readonly (readonly [string, string])[]): string {
  return edits.reduce((before, [from, to]) => {
    if (!before.includes(from)) throw new Error(`there is no '${from}' in:\n${before}`);
    return before.replaceAll(from, to);
  }, text);
}
