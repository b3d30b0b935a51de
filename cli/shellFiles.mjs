// Writes what a package installs beside the program: dist/completions, with each file under the name
// by which its shell finds it; and the manual pages, in dist/man (`man -M dist/man motd`).

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { latestRelease } from '../scripts/latestRelease.mjs';

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
// Not today: the same sources make the same files.
const date = latestRelease().day;
writeFolder('dist/man/man1', [...manualPages(program, { version, date })]);

/**
 * @param {string} folder
 * @param {[name: string, content: string][]} files
 */
function writeFolder(folder, files) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of files) writeFileSync(join(folder, name), content);
}
