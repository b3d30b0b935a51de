// `motd connect`: holds the dialogue in this terminal.

import { AbortedError, describeProgress } from '../../client/abortedError.ts';
import type { ServerAddress, ServerConnection } from '../../client/connect.ts';
import { withDeadline } from '../../client/oneshot/deadline.ts';
import { probeServer } from '../../client/oneshot/probeServer.ts';
import { holdDialogue } from '../../client/terminal.ts';
import {
  askServers,
  cliErrorFor,
  cliErrorForAll,
  formatServer,
  serverOpener,
} from '../askServers.ts';
import { CliError, UsageError } from '../cliError.ts';
import { exitWhenReaderClosesDelayed } from '../exitWhenReaderCloses.ts';
import type { ConnectOptions, ServersOptions } from '../options/clientOptions.ts';

/** The time until one of several servers must have answered. */
const TIMEOUT_S = 10;

/** The exit status for Ctrl-C, by the convention of shells (128 + SIGINT). */
const EXIT_INTERRUPTED = 130;

/** @returns The exit status. */
export async function connect(options: ServersOptions & ConnectOptions): Promise<number> {
  const { maskPassword, compat, servers } = options;
  const { stdin, stdout } = process;
  if (maskPassword && stdin.isTTY && !stdout.isTTY) {
    throw new UsageError(
      'needs-terminal',
      '--mask-password needs a terminal on standard output, too: the password would be echoed',
    );
  }
  if (compat === 'original' && servers.length > 1) {
    throw new UsageError(
      'conflicting-flags',
      '--compat original is for one server; leave out the others',
    );
  }
  const socket = await openConnectionTo(options);
  exitWhenReaderClosesDelayed();
  const ending = await holdDialogue(socket, {
    input: stdin,
    output: stdout,
    isTerminal: stdin.isTTY && stdout.isTTY,
    isEchoed: stdin.isTTY,
    masksPasswords: maskPassword,
    isOriginal: compat === 'original',
  });
  switch (ending) {
    case 'quit':
    case 'shutDown':
      return 0;
    case 'rejected':
    case 'lost':
    case 'invalidInput':
      return 1;
    case 'interrupted':
      return EXIT_INTERRUPTED;
  }
}

/**
 * Connects to the server, or to the first of several that answers. A later loss of the connection
 * ends the dialogue: no other server knows its state.
 */
async function openConnectionTo(options: ServersOptions): Promise<ServerConnection> {
  const [only, ...others] = options.servers;
  if (only === undefined || others.length > 0) return openConnectionToFirst(options);
  const open = await serverOpener(options);
  try {
    if (!('url' in only)) return await open(only);
    return await withDeadline(TIMEOUT_S * 1000, ({ signal }) => open(only, signal));
  } catch (error) {
    if (error instanceof AbortedError) throw openedTooLate(only, error);
    throw cliErrorFor({ server: only, error, elapsedMs: 0 }, { ...options, timeout: TIMEOUT_S });
  }
}

function openedTooLate(server: ServerAddress, error: AbortedError): CliError {
  const what = `${formatServer(server)} ${describeProgress(error.progress)}`;
  return new CliError('no-answer', `${what} within ${TIMEOUT_S} s; check --url`, { cause: error });
}

async function openConnectionToFirst(options: ServersOptions): Promise<ServerConnection> {
  const result = await withDeadline(TIMEOUT_S * 1000, (time) =>
    askServers(options, time, probeServer),
  );
  if (result.first) return result.first.answer.socket;
  throw cliErrorForAll(result.failures, 'no server answered', { ...options, timeout: TIMEOUT_S });
}
