// npm takes the flags before `--` for its own (`npm start --port 2000`). The program that it runs gets
// them in variables, and a value that is not joined by `=` as an argument.

import type { Command } from 'commander';
import { printToStderr } from './cliError.ts';

/** The scripts in package.json that run `motd`. */
const SCRIPTS = ['start', 'motd'];

/** A flag of npm, too, which an .npmrc may set. */
const OF_NPM = '--message';

/** Warns if npm has taken flags of a command. */
export function warnOfFlagsTakenByNpm({ options }: Command): void {
  const { npm_lifecycle_event: script = '' } = process.env;
  // A child process of `motd up` has the same variables.
  if (!SCRIPTS.includes(script) || process.connected) return;
  const taken = options.flatMap(({ long }) => (long && isTaken(long) ? [long] : []));
  if (taken.length === 0) return;
  printToStderr(
    'taken-by-npm',
    `warning: npm has taken ${taken.join(', ')} for itself; write -- before the flags of motd: npm start -- ${taken[0]}`,
  );
}

function isTaken(flag: string): boolean {
  const variable = `npm_config_${flag.slice(2).replaceAll('-', '_')}`;
  return flag !== OF_NPM && process.env[variable] !== undefined;
}
