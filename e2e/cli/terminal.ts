// A terminal, which script(1) makes.

import { Program } from '../../testing/programs.ts';

/** Runs a shell command in a terminal of this width. */
export function runInTerminal(commandLine: string, columns = 80): Program {
  const command = `stty cols ${columns} rows 24; ${commandLine}`;
  return new Program('script', ['--quiet', '--return', '--command', command, '/dev/null']);
}
