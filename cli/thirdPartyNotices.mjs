// A plugin of Rolldown and Vite: writes the licenses of the packages whose code is in a bundle into
// a file beside it, as most of them require for each copy. The build fails if a package has a
// license that is not in the list below.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** SPDX identifiers of licenses that only require their text to be passed on. */
const CHECKED = [
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
];

const FILE = 'third-party-notices.txt';
const PACKAGE = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/;
const TEXT = /^(?:licen[cs]e|copying|notice)\b/i;
/** Between the notices of two packages. */
export const RULE = `\n${'-'.repeat(80)}\n\n`;

/** @returns {import('rolldown').Plugin} */
export function thirdPartyNotices() {
  return {
    name: 'third-party-notices',
    generateBundle(_options, bundle) {
      const modules = Object.values(bundle).flatMap((output) =>
        output.type === 'chunk' ? output.moduleIds : [],
      );
      const folders = new Set(modules.flatMap((id) => PACKAGE.exec(id) ?? []));
      const notices = [...folders].map(noticeOf).sort();
      this.emitFile({ type: 'asset', fileName: FILE, source: notices.join(RULE) });
    },
  };
}

/** @param {string} folder That of a package. */
export function noticeOf(folder) {
  const text = readFileSync(join(folder, 'package.json'), 'utf8');
  const { name, version, license, author } = JSON.parse(text);
  if (!CHECKED.includes(license)) throw new Error(`${name} has another license: ${license}`);
  const texts = readdirSync(folder)
    .filter((file) => TEXT.test(file))
    .map((file) => readFileSync(join(folder, file), 'utf8').replace(/\r\n/g, '\n').trim());
  if (texts.length === 0) texts.push(usualText(name, license, author));
  return [`${name} ${version} (${license})`, ...texts, ''].join('\n\n');
}

/**
 * For a package that names its license, but lacks the text.
 *
 * @param {string} name
 * @param {string} license
 * @param {string} author
 */
function usualText(name, license, author) {
  if (license !== 'MIT') throw new Error(`${name} has no file with its license`);
  const ours = readFileSync('LICENSE', 'utf8').trim();
  return ours.replace(/^Copyright.*$/m, `Copyright (c) ${author}`);
}
