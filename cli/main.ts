// Runs the `motd` command (program.ts), once main.cjs has checked Node's version. Only cli/ reads
// process.argv or process.env.

import '../server/ignoreDebugSignal.ts';

import { inspect } from 'node:util';
import { CommanderError } from 'commander';
import { errorMessage } from '../access/errorMessage.ts';
import { hasErrorCode, NO_DESCRIPTOR } from '../access/systemErrors.ts';
import packageJson from '../package.json' with { type: 'json' };
import { escapeControls } from '../protocol/plainText.ts';
import { awaitEnvironment } from './awaitEnvironment.ts';
import { CliError, descriptorError, printToStderr, UsageError } from './cliError.ts';
import { warnOfFlagsTakenByNpm } from './flagsTakenByNpm.ts';
import { stripLineEnds } from './options/environment.ts';
import { buildProgram, expandShorthand } from './program.ts';

const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;

/** Error codes of a package that is missing, or is not for this system. */
const INCOMPLETE = [
  'MODULE_NOT_FOUND',
  'ERR_MODULE_NOT_FOUND',
  'ADDON_NOT_FOUND',
  'ERR_DLOPEN_FAILED',
];

/** Enough for an error message to be written to standard error. */
const EXIT_AFTER_MS = 200;

process.stdout.on('error', stdoutOnError);
// A server continues without its standard error.
process.stderr.on('error', () => {});
process.on('uncaughtException', processOnUncaughtException);
void run().catch(fail);

async function run(): Promise<void> {
  const args = expandShorthand(process.argv.slice(2));
  const program = await buildProgram(packageJson.version, args[0]);
  const command = program.commands.find((one) => one.name() === args[0]);
  if (command !== undefined) warnOfFlagsTakenByNpm(command);
  await awaitEnvironment(() => import('./commands/bridge.ts'));
  stripLineEnds();
  await program.parseAsync(args, { from: 'user' });
}

function stdoutOnError(error: NodeJS.ErrnoException): void {
  // The reader of the pipe has closed it (`motd connect | head -1`): there is nothing left to do.
  if (error.code === 'EPIPE') process.exit(0);
  printToStderr('output-failed', `cannot write to standard output: ${error.code ?? error.message}`);
  process.exit(EXIT_FAILURE);
}

/**
 * Reports a bug, unless the process has no file descriptor left: then any part of the program may
 * fail. Node would print the error unescaped, including text from a peer.
 */
function processOnUncaughtException(error: unknown): void {
  if (hasErrorCode(error, NO_DESCRIPTOR)) {
    printToStderr('system-limit', descriptorError(error).message);
    process.exit(EXIT_FAILURE);
  }
  const lines = inspect(error).split('\n').map(escapeControls);
  process.stderr.write(`${lines.join('\n')}\n`);
  process.exit(EXIT_FAILURE);
}

function fail(error: unknown): void {
  if (error instanceof CommanderError) {
    // Commander has printed what --help and --version ask for; or the help, if there is no command.
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
    return;
  }
  if (hasErrorCode(error, INCOMPLETE)) {
    const [reason = ''] = errorMessage(error).split('\n');
    printToStderr(
      'incomplete-installation',
      `incomplete installation: ${reason}; install motd again; in a checkout, delete node_modules, then run npm start`,
    );
    process.exit(EXIT_FAILURE);
  }
  if (!(error instanceof CliError)) throw error;
  printToStderr(error.shortCode, error.message);
  process.exitCode = error instanceof UsageError ? EXIT_USAGE : EXIT_FAILURE;
  // An operation under way, such as a connection attempt, may keep the process alive for minutes.
  setTimeout(() => process.exit(), EXIT_AFTER_MS).unref();
}
