// A program that takes part in a comparison.

import { spawnSync } from 'node:child_process';
import type { Programs } from './programs.ts';

export interface Contestant<Target> {
  /** As in tables and charts. */
  name: string;
  find(): Found;
  /** Starts it. `programs` ends what was started. */
  start(programs: Programs): Promise<Target>;
}

/** Its version, empty if it has none, or why it cannot take part, in words for the user. */
export type Found = { version: string } | { missing: string };

/** As distributions name its executable, or the folder that is only on root's path. */
const pathsOf = (command: string) => [command, `/usr/sbin/${command}`];

/**
 * Looks for a program on the path.
 *
 * @param version The part of what it prints with `args` that is its version.
 * @param howToInstall Part of the message if it is missing.
 */
export function findCommand(
  command: string,
  args: readonly string[],
  version: RegExp,
  howToInstall: string,
): Found & { command: string } {
  for (const path of pathsOf(command)) {
    const { error, stdout, stderr } = spawnSync(path, args, { encoding: 'utf8' });
    if (error !== undefined) continue;
    const [, found] = version.exec(`${stdout}${stderr}`) ?? [];
    if (found !== undefined) return { command: path, version: found };
  }
  return { command, missing: `${command} is not installed; ${howToInstall}` };
}
