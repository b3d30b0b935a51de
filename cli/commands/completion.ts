// `motd completion`: prints the completion of a shell.

import { completionFor } from '../completion/completions.ts';
import type { Shell } from '../completion/shells.ts';
import { buildProgram } from '../program.ts';

export async function completion(shell: Shell): Promise<void> {
  // All commands: this process has loaded only its own. The version is not in the completion.
  const program = await buildProgram('');
  process.stdout.write(completionFor(shell, program));
}
