// `motd connect`: holds the dialogue in this terminal.

import type { Socket } from 'node:net';
import { formatEndpoint } from '../../access/endpoint.ts';
import { openConnection } from '../../client/connect.ts';
import { withDeadline } from '../../client/oneshot/deadline.ts';
import { probeServer } from '../../client/oneshot/probeServer.ts';
import { holdDialogue } from '../../client/terminal.ts';
import { askServers, cliErrorForAll } from '../askServers.ts';
import { CliError, connectError } from '../cliError.ts';
import { exitWhenReaderClosesDelayed } from '../exitWhenReaderCloses.ts';
import type { ConnectOptions, ServersOptions, TlsClientOptions } from '../options/clientOptions.ts';
import { clientTlsOf } from '../options/clientTls.ts';

/** The time until one of several servers must have answered. */
const TIMEOUT_S = 10;

/** The exit status for Ctrl-C, by the convention of shells (128 + SIGINT). */
const EXIT_INTERRUPTED = 130;

/** @returns The exit status. */
export async function connect(
  options: ServersOptions & TlsClientOptions & ConnectOptions,
): Promise<number> {
  const { maskPassword } = options;
  const { stdin, stdout } = process;
  if (maskPassword && stdin.isTTY && !stdout.isTTY) {
    throw new CliError(
      '--mask-password needs a terminal on standard output, too: the password would be echoed',
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
async function openConnectionTo(options: ServersOptions & TlsClientOptions): Promise<Socket> {
  const [only, ...others] = options.servers;
  if (only === undefined || others.length > 0) return openConnectionToFirst(options);
  const tls = clientTlsOf(options);
  return openConnection({ ...only, tls }).catch((error: unknown) => {
    throw connectError(error, formatEndpoint(only));
  });
}

async function openConnectionToFirst(options: ServersOptions & TlsClientOptions): Promise<Socket> {
  const result = await withDeadline(TIMEOUT_S * 1000, (time) =>
    askServers(options, time, probeServer),
  );
  if (result.first) return result.first.answer.socket;
  throw cliErrorForAll(result.failures, 'no server answered', TIMEOUT_S);
}
