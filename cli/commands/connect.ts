// `motd connect`: the dialogue in this terminal.

import type { Socket } from 'node:net';
import { formatEndpoint } from '../../access/endpoint.ts';
import { openConnection } from '../../client/connect.ts';
import { withDeadline } from '../../client/oneshot/deadline.ts';
import { probeServer } from '../../client/oneshot/probeServer.ts';
import { holdDialogue } from '../../client/terminal.ts';
import { allFailedError, askServers } from '../askServers.ts';
import { CliError, connectError } from '../cliError.ts';
import type { ConnectOptions, ServersOptions, TlsClientOptions } from '../options/clientOptions.ts';
import { tlsOf } from '../options/tlsFiles.ts';
import { exitWhenReaderLeavesLater } from '../stdoutReader.ts';

/** How long several servers may take until one of them has shown that it answers. */
const TIMEOUT_S = 10;

/** The shell's status for a command ended by Ctrl-C (128 + SIGINT). */
const INTERRUPTED = 130;

/** @returns The exit status. */
export async function connect(
  options: ServersOptions & TlsClientOptions & ConnectOptions,
): Promise<number> {
  const { maskPassword } = options;
  const { stdin, stdout } = process;
  if (maskPassword && stdin.isTTY && !stdout.isTTY) {
    throw new CliError(
      '--mask-password cannot hide what is typed unless standard output is a terminal, too',
    );
  }
  const socket = await connectionTo(options);
  exitWhenReaderLeavesLater();
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
      return INTERRUPTED;
  }
}

/**
 * Connects to the server, or to the first of several that answers. Once the person has begun to
 * talk to it, nothing takes its place: what was half said, no other server knows of.
 */
async function connectionTo(options: ServersOptions & TlsClientOptions): Promise<Socket> {
  const [only, ...others] = options.servers;
  if (only === undefined || others.length > 0) return connectionToFirst(options);
  const tls = tlsOf(options);
  return openConnection({ ...only, tls }).catch((error: unknown) => {
    throw connectError(error, formatEndpoint(only));
  });
}

async function connectionToFirst(options: ServersOptions & TlsClientOptions): Promise<Socket> {
  const asked = await withDeadline(TIMEOUT_S * 1000, (time) =>
    askServers(options, time, probeServer),
  );
  if (asked.first) return asked.first.answer.socket;
  throw allFailedError(asked.failures, 'no server answered', TIMEOUT_S);
}
