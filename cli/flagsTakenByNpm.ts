// npm takes the flags before `--` for its own (`npm start --port 2000`). The program that it runs gets
// them in variables, and a value that is not joined by `=` as an argument.

import type { Command } from 'commander';
import { printToStderr } from './cliError.ts';

/** The scripts in package.json that run `motd`, and how to run a command with each. */
const SCRIPTS: Readonly<Record<string, (command: string) => string>> = {
  start: () => 'npm start',
  motd: (command) => `npm run motd ${command}`,
};

/** A flag of npm, too, which an .npmrc may set. */
const OF_NPM = '--message';

/** Warns if npm has taken flags of a command. */
export function warnOfFlagsTakenByNpm(command: Command): void {
  const run = SCRIPTS[process.env['npm_lifecycle_event'] ?? ''];
  // A child process of `motd up` has the same variables.
  if (run === undefined || process.connected) return;
  const taken = command.options.flatMap(({ long }) => (long && isTaken(long) ? [long] : []));
  if (taken.length === 0) return;
  printToStderr(
    'taken-by-npm',
    `warning: npm has taken ${taken.join(', ')} for itself; write -- before the flags of motd: ${run(command.name())} -- ${taken[0]}`,
  );
}

function isTaken(flag: string): boolean {
  // npm takes `--no-default` for `--default` with an empty value.
  const variable = `npm_config_${flag.replace(/^--(?:no-)?/, '').replaceAll('-', '_')}`;
  return flag !== OF_NPM && process.env[variable] !== undefined;
}
