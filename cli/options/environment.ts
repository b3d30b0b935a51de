// Environment variables. A process keeps those that are meant for it alone: what it starts has only
// the variables of the flags it knows. A password is then where it is checked, and nowhere else.

import type { Command } from 'commander';
import type { Environment } from '../supervisor.ts';

/**
 * The twins of our flags, and what a service manager passes to the one process it starts
 * (sd_listen_fds(3), sd_notify(3), sd_watchdog_enabled(3), systemd.exec(5)).
 */
const OWN = /^(MOTD_|LISTEN_(PID|FDS|FDNAMES|PIDFDID)$|NOTIFY_SOCKET$|WATCHDOG_|CREDENTIALS_DIR)/;

/** A CR at the end of a value, from a file with CRLF line ends that a shell has read (`. server.env`). */
const LINE_END = /\r$/;

const own = new Map<string, string>();

/** Drops line ends from the values of the twins of our flags. To be called before Commander reads them. */
export function stripLineEnds(): void {
  for (const [name, value] of Object.entries(process.env)) {
    if (!name.startsWith('MOTD_') || value === undefined || !LINE_END.test(value)) continue;
    process.env[name] = value.replace(LINE_END, '');
  }
}

/**
 * Takes the variables that are for this process alone out of `process.env`, which every process
 * that it starts inherits. Commander has to have read them before.
 */
export function takeOwnVariables(): void {
  for (const [name, value] of Object.entries(process.env)) {
    if (!OWN.test(name) || value === undefined) continue;
    own.set(name, value);
    delete process.env[name];
  }
}

/** One of those that were kept. */
export function ownVariable(name: string): string | undefined {
  return own.get(name);
}

/** Those that are twins of a command's flags, as they were given. */
export function environmentOf(command: Command): Environment {
  return ofCommand(command, own);
}

/**
 * The environment twins of the flags of `child`, for `motd up` to pass them on.
 *
 * @param parent A command that has read its arguments. What was given to it goes before variables of
 *   the same name.
 */
export function environmentForChild(child: Command, parent: Command): Environment {
  return { ...environmentOf(child), ...ofCommand(child, givenTo(parent)) };
}

/** What is left at its default is left out. */
function givenTo(command: Command): Map<string, string> {
  const given = new Map<string, string>();
  for (const option of command.options) {
    const name = option.attributeName();
    const source = command.getOptionValueSource(name);
    if (option.envVar === undefined || source === undefined || source === 'default') continue;
    given.set(option.envVar, textOf(command.getOptionValue(name)));
  }
  return given;
}

function ofCommand({ options }: Command, variables: ReadonlyMap<string, string>): Environment {
  const names = new Set(options.map(({ envVar }) => envVar));
  return Object.fromEntries([...variables].filter(([name]) => names.has(name)));
}

function textOf(value: unknown): string {
  if (!Array.isArray(value)) return String(value);
  return value.length === 0 ? 'none' : value.join(' ');
}
