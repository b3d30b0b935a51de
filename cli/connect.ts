// `motd connect`: the dialogue in this terminal.

import { openConnection } from '../client/connect.ts';
import { holdDialogue } from '../client/terminal.ts';
import { hostAndPort } from '../server/address.ts';
import { connectError, OperatorError } from './operatorError.ts';
import type { AddressOptions, ConnectOptions, TlsClientOptions } from './options.ts';
import { tlsOf } from './tlsFiles.ts';

/** The shell's status for a command ended by Ctrl-C (128 + SIGINT). */
const INTERRUPTED = 130;

/** @returns The exit status. */
export async function connect(
  options: AddressOptions & TlsClientOptions & ConnectOptions,
): Promise<number> {
  const { host, port, maskPassword } = options;
  const { stdin, stdout } = process;
  if (maskPassword && stdin.isTTY && !stdout.isTTY) {
    throw new OperatorError(
      '--mask-password cannot hide what is typed unless standard output is a terminal, too',
    );
  }
  const where = hostAndPort({ address: host, port });
  const tls = tlsOf(options);
  const socket = await openConnection({ host, port, tls }).catch((error: unknown) => {
    throw connectError(error, where);
  });
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
    case 'dismissed':
    case 'lost':
      return 1;
    case 'interrupted':
      return INTERRUPTED;
  }
}
