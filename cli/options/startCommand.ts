// The command that started `motd up`, as a user typed it. The bridge's page names it after a SHUTDOWN.

import { Option } from 'commander';
import type { Environment } from '../supervisor.ts';
import { GROUP } from './options.ts';

const VARIABLE = 'MOTD_START_COMMAND';

/** The scripts in package.json that run it. */
const SCRIPTS: Readonly<Record<string, string>> = {
  start: 'npm start',
  motd: 'npm run motd up',
};

export interface StartCommandOptions {
  startCommand?: string;
}

/** Reads the command from the environment. Only `motd up` sets it. */
export function startCommandOption(): Option {
  return new Option('--start-command <command>').env(VARIABLE).hideHelp().helpGroup(GROUP.proxy);
}

/** @param script The npm script that runs this process, from its environment; none if it is not npm. */
export function upCommand(script = process.env['npm_lifecycle_event'] ?? ''): string {
  return SCRIPTS[script] ?? 'motd up';
}

/** @returns For the environment of the bridge. */
export function startCommandEnvironment(): Environment {
  return { [VARIABLE]: upCommand() };
}
