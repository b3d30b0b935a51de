// Environment variables. Those meant for this process alone are removed from `process.env`, so that
// a child gets only the variables of its own flags, and a password reaches only the process that
// checks it.

import type { Command } from 'commander';
import type { Environment } from '../supervisor.ts';

/**
 * The variables of our flags, and those from a service manager to the process it starts
 * (sd_listen_fds(3), sd_notify(3), sd_watchdog_enabled(3), systemd.exec(5)).
 */
const OWN = /^(MOTD_|LISTEN_(PID|FDS|FDNAMES|PIDFDID)$|NOTIFY_SOCKET$|WATCHDOG_|CREDENTIALS_DIR)/;

/** A shell that reads a file with CRLF line ends (`. server.env`) leaves the CR in the value. */
const LINE_END = /\r$/;

const own = new Map<string, string>();

/** Removes line ends from the variables of our flags. Must run before Commander reads them. */
export function stripLineEnds(): void {
  for (const [name, value] of Object.entries(process.env)) {
    if (!name.startsWith('MOTD_') || value === undefined || !LINE_END.test(value)) continue;
    process.env[name] = value.replace(LINE_END, '');
  }
}

/**
 * Moves the variables meant for this process out of `process.env`, which its child processes
 * inherit. Must run after Commander has read them.
 */
export function takeOwnVariables(): void {
  for (const [name, value] of Object.entries(process.env)) {
    if (!OWN.test(name) || value === undefined) continue;
    own.set(name, value);
    delete process.env[name];
  }
}

/** @returns A variable that `takeOwnVariables` has moved. */
export function ownVariable(name: string): string | undefined {
  return own.get(name);
}

/** @returns The variables of a command's flags, as given to this process. */
export function environmentOf(command: Command): Environment {
  return selectFor(command, own);
}

/**
 * Makes the variables for a child process of `motd up`.
 *
 * @param child The command that the child process runs.
 * @param parent The command that this process runs, parsed. Its flags take precedence over
 *   variables.
 */
export function environmentForChild(child: Command, parent: Command): Environment {
  return { ...environmentOf(child), ...selectFor(child, valuesOf(parent)) };
}

/** @returns The values given to a command, by flag or variable, as variables. */
function valuesOf(command: Command): Map<string, string> {
  const given = new Map<string, string>();
  for (const option of command.options) {
    const name = option.attributeName();
    const source = command.getOptionValueSource(name);
    if (option.envVar === undefined || source === undefined || source === 'default') continue;
    given.set(option.envVar, serialize(command.getOptionValue(name)));
  }
  return given;
}

function selectFor({ options }: Command, variables: ReadonlyMap<string, string>): Environment {
  const names = new Set(options.map(({ envVar }) => envVar));
  return Object.fromEntries([...variables].filter(([name]) => names.has(name)));
}

function serialize(value: unknown): string {
  if (!Array.isArray(value)) return String(value);
  return value.length === 0 ? 'none' : value.join(' ');
}
