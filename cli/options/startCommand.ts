// The command that started `motd up`, as a user typed it. The bridge's page names it after a SHUTDOWN.

import { basename, extname, relative } from 'node:path';
import { Option } from 'commander';
import type { Environment } from '../supervisor.ts';
import { GROUP } from './options.ts';

const VARIABLE = 'MOTD_START_COMMAND';

/** The scripts in package.json that run it. */
const SCRIPTS: Readonly<Record<string, string>> = {
  start: 'npm start',
  motd: 'npm run motd -- up',
};

export interface StartCommandOptions {
  startCommand?: string;
}

/** Reads the command from the environment. Only `motd up` sets it. */
export function startCommandOption(): Option {
  return new Option('--start-command <command>').env(VARIABLE).hideHelp().helpGroup(GROUP.proxy);
}

/**
 * @param script The npm script that runs this process, from its environment; none if it is not npm.
 * @param program The program that Node runs: `motd`, a link to it, or its file. A file is named
 *   relative to the folder in which the command was run, as the store is.
 */
export function upCommand(
  script = process.env['npm_lifecycle_event'] ?? '',
  program = process.argv[1] ?? '',
): string {
  const isFile = extname(program) === '.js';
  const own = isFile ? `node ${relative(process.cwd(), program)}` : basename(program);
  return SCRIPTS[script] ?? `${own} up`;
}

/** @returns For the environment of the bridge. */
export function startCommandEnvironment(): Environment {
  return { [VARIABLE]: upCommand() };
}
