// Writes what a package installs for shells: dist/completions, with each file under the name by which
// its shell finds it.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

process.chdir(join(import.meta.dirname, '..'));
const { buildProgram } = await import('../dist/node/cli/program.js');
const { completionFor } = await import('../dist/node/cli/completion/completions.js');
const { COMPLETION_FILES, SHELLS } = await import('../dist/node/cli/completion/shells.js');

const program = await buildProgram('');
writeFolder(
  'dist/completions',
  SHELLS.map((shell) => [COMPLETION_FILES[shell], completionFor(shell, program)]),
);

/**
 * @param {string} folder
 * @param {[name: string, content: string][]} files
 */
function writeFolder(folder, files) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of files) writeFileSync(join(folder, name), content);
}
