// Defines the `motd` command line. Importing this file runs nothing; main.ts runs what `buildProgram`
// returns. Only what a command needs is loaded: its flags when it is on the command line, its code
// when it runs. A client must not wait for a web server to load.

import { Command, type CommanderError } from 'commander';
import { printToStderr } from './cliError.ts';
import { takeOwnVariables } from './options/environment.ts';
import { rejectInvalidUtf8 } from './options/rejectInvalidUtf8.ts';
import { usageShortCode } from './shortCodes.ts';

/** Flags whose value is a password. */
const SECRETS = ['password', 'storePassword'];
const SECRET_IN_ERROR =
  /(?<='--(?:store-)?password <text>' )(?:argument '.*'(?= is )|value '.*'(?= from env ))/s;

/**
 * In characters. Commander repeats the invalid value in its errors, however long it is. The reason
 * follows it.
 */
const MAX_ERROR_LENGTH = 300;
const MAX_REASON_LENGTH = 200;

/** What Commander throws after it has printed the help or the version. */
const PRINTED = ['commander.help', 'commander.helpDisplayed', 'commander.version'];

/** The commands, and what adds their definitions. `--help` lists them in this order. */
const GROUPS: { names: string[]; load: () => Promise<(program: Command) => void> }[] = [
  {
    names: ['up', 'serve', 'bridge'],
    load: async () => (await import('./definitions/serviceCommands.ts')).addServiceCommands,
  },
  {
    names: ['connect', 'get', 'set', 'watch', 'history', 'plan', 'plans', 'cancel'],
    load: async () => (await import('./definitions/clientCommands.ts')).addClientCommands,
  },
  {
    names: ['hash-password', 'copy-store'],
    load: async () => (await import('./definitions/toolCommands.ts')).addToolCommands,
  },
];

/**
 * @param version What `--version` prints.
 * @param name The command that will be run, if it is known: the program need not have the others.
 * @returns A new program. A usage error makes its `parseAsync` throw a CommanderError.
 */
export async function buildProgram(version: string, name?: string): Promise<Command> {
  const program = new Command('motd')
    .description('A message of the day over a plain TCP line protocol, and a page to talk to it.')
    .version(version)
    .exitOverride(reportUsageError)
    .showSuggestionAfterError(false)
    .hook('preAction', (_program, started) => {
      rejectInvalidUtf8(started);
      hideSecrets(started);
    })
    .configureOutput({ outputError: () => {} });
  const only = GROUPS.find(({ names }) => name !== undefined && names.includes(name));
  for (const { load } of only ? [only] : GROUPS) {
    const addCommands = await load();
    addCommands(program);
  }
  return program;
}

/** Hides passwords from the processes that this one starts, and from other users' `ps`. */
function hideSecrets(started: Command): void {
  takeOwnVariables();
  const isInArguments = SECRETS.some((name) => started.getOptionValueSource(name) === 'cli');
  // A new title overwrites the arguments (Linux: /proc/PID/cmdline in proc(5); libuv's
  // proctitle.c).
  if (isInArguments) process.title = `motd ${started.name()}`;
}

/** Prints a usage error of Commander, and throws it. */
function reportUsageError(error: CommanderError): never {
  if (!PRINTED.includes(error.code)) {
    printToStderr(usageShortCode(error.code), formatUsageError(error.message));
  }
  throw error;
}

/** Gives a usage error of Commander the form of every other error, without any password in it. */
function formatUsageError(text: string): string {
  const line = text
    .trimEnd()
    .replace(/^error: /, '')
    .replace(SECRET_IN_ERROR, 'value');
  if (line.length <= MAX_ERROR_LENGTH) return line;
  return `${line.slice(0, MAX_ERROR_LENGTH - MAX_REASON_LENGTH)} … ${line.slice(-MAX_REASON_LENGTH)}`;
}
