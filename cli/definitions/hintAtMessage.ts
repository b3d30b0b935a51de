// `motd set Maintenance`: the word is taken for the host, although a message was meant.

import type { Command } from 'commander';
import { CliError, UsageError } from '../cliError.ts';
import type { ShortCode } from '../shortCodes.ts';

/** What to add to an error if an argument is not a host, or if the message is missing. */
const ADVICE: Partial<Record<ShortCode, string>> = {
  'unknown-host': '; pass the message with -m',
  'no-server': '; pass the message with -m',
  // It says this itself.
  'invalid-message': '',
};

/** Neither an address, a path nor a name with a domain. */
const WORD = /^[^.:/]+$/;

/**
 * Wraps the action of a client command with `-m`: if there is none, the error says that a word in the
 * place of the host is taken for it.
 */
export function hintAtMessage<Host, Port, Options extends { message?: string }>(
  act: (host: Host, port: Port, options: Options, command: Command) => Promise<void>,
): typeof act {
  return async (host, port, options, command) => {
    try {
      await act(host, port, options, command);
    } catch (error) {
      const [first = ''] = command.args;
      const isHost = options.message !== undefined || !WORD.test(first);
      if (isHost || !(error instanceof CliError)) throw error;
      const advice = ADVICE[error.shortCode];
      if (advice === undefined) throw error;
      const Kind = error instanceof UsageError ? UsageError : CliError;
      throw new Kind(
        error.shortCode,
        `${error.message}; '${first}' is taken for the host${advice}`,
        { cause: error },
      );
    }
  };
}
