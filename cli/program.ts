// Defines the `motd` command line. Importing this file runs nothing; main.ts runs what `buildProgram`
// returns. Only what a command needs is loaded: its flags when it is on the command line, its code
// when it runs. A client must not wait for a web server to load.

import { Command } from 'commander';
import { examplesHelp } from './definitions/examples.ts';
import { takeOwnVariables } from './options/environment.ts';
import { rejectInvalidUtf8 } from './options/rejectInvalidUtf8.ts';
import { SECRET_FLAGS, usageErrorOf } from './usageError.ts';

/** The commands, and what adds their definitions. `--help` lists them in this order. */
const GROUPS: {
  heading: string;
  names: string[];
  load: () => Promise<(program: Command) => void>;
}[] = [
  {
    heading: 'Run the server and the page:',
    names: ['up', 'serve', 'bridge'],
    load: async () => (await import('./definitions/serviceCommands.ts')).addServiceCommands,
  },
  {
    heading: 'Read and change the message:',
    names: ['connect', 'get', 'set', 'watch', 'history', 'plan', 'plans', 'cancel'],
    load: async () => (await import('./definitions/clientCommands.ts')).addClientCommands,
  },
  {
    heading: 'Tools:',
    names: ['hash-password', 'copy-store', 'completion'],
    load: async () => (await import('./definitions/toolCommands.ts')).addToolCommands,
  },
];

/**
 * @param version What `--version` prints.
 * @param name The command that will be run, if it is known: the program need not have the others.
 * @returns A new program. A usage error makes its `parseAsync` throw a UsageError; `--help` and
 *   `--version` make it throw a CommanderError.
 */
export async function buildProgram(version: string, name?: string): Promise<Command> {
  const program = new Command('motd')
    .description('A message of the day over a plain TCP line protocol, and a page to talk to it.')
    .version(version, '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .addHelpText('after', examplesHelp('motd'))
    .exitOverride((error) => {
      throw usageErrorOf(error, program);
    })
    .hook('preAction', (_program, started) => {
      rejectInvalidUtf8(started);
      hideSecrets(started);
    })
    // main.ts prints what `parseAsync` throws.
    .configureOutput({ outputError: () => {} });
  const only = GROUPS.find(({ names }) => name !== undefined && names.includes(name));
  for (const { heading, load } of only ? [only] : GROUPS) {
    const addCommands = await load();
    program.commandsGroup(heading);
    addCommands(program);
  }
  program.helpCommand('help [command]', 'show the help of a command');
  return program;
}

/**
 * @param args The arguments of `motd`.
 * @returns The same, with `help NAME` as `NAME --help`, and `-v` as `--version`. An unknown command is
 *   left alone: it is reported even if its help is asked for.
 */
export function expandShorthand(args: readonly string[]): readonly string[] {
  if (args[0] === '-v') return ['--version'];
  const isHelp = args[0] === 'help';
  const name = args[isHelp ? 1 : 0];
  if (name === undefined || name.startsWith('-')) return args;
  if (!GROUPS.some(({ names }) => names.includes(name))) return [name];
  return isHelp ? [name, '--help'] : args;
}

/** Hides passwords from the processes that this one starts, and from other users' `ps`. */
function hideSecrets(started: Command): void {
  takeOwnVariables();
  const isInArguments = started.options.some(
    (option) =>
      SECRET_FLAGS.includes(option.long ?? '') &&
      started.getOptionValueSource(option.attributeName()) === 'cli',
  );
  // A new title overwrites the arguments (Linux: /proc/PID/cmdline in proc(5); libuv's
  // proctitle.c).
  if (isInArguments) process.title = `motd ${started.name()}`;
}
