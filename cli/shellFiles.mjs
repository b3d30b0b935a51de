// Writes what a package installs beside the program: dist/completions, with each file under the name
// by which its shell finds it; and the manual pages, in dist/man (`man -M dist/man motd`).

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

process.chdir(join(import.meta.dirname, '..'));
const { buildProgram } = await import('../dist/node/cli/program.js');
const { completionFor } = await import('../dist/node/cli/completion/completions.js');
const { manualPages } = await import('../dist/node/cli/manual/manualPage.js');
const { COMPLETION_FILES, SHELLS } = await import('../dist/node/cli/completion/shells.js');

const program = await buildProgram('');
writeFolder(
  'dist/completions',
  SHELLS.map((shell) => [COMPLETION_FILES[shell], completionFor(shell, program)]),
);

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
writeFolder('dist/man/man1', [...manualPages(program, { version, date: dateOfBuild() })]);

/** @returns {string} Today; or the day of a reproducible build (reproducible-builds.org). */
function dateOfBuild() {
  const seconds = process.env['SOURCE_DATE_EPOCH'];
  const date = seconds === undefined ? new Date() : new Date(Number(seconds) * 1000);
  return date.toISOString().slice(0, 10);
}

/**
 * @param {string} folder
 * @param {[name: string, content: string][]} files
 */
function writeFolder(folder, files) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of files) writeFileSync(join(folder, name), content);
}
