// `motd set Maintenance`, `motd set -m Maintenance tonight`: a word is taken for the host, although it
// was meant for the message.

import type { Command } from 'commander';
import { CliError, UsageError } from '../cliError.ts';
import type { ShortCode } from '../shortCodes.ts';

type Advice = Partial<Record<ShortCode, string>>;

/** What to add to an error if an argument is not a host, or if the message is missing. */
const ADVICE_WITHOUT_MESSAGE: Advice = {
  'unknown-host': '; pass the message with -m',
  'no-server': '; pass the message with -m',
  // It says this itself.
  'invalid-message': '',
};

/** The same if there is `-m`. */
const ADVICE_WITH_MESSAGE: Advice = {
  'unknown-host': '; put a message of several words in quotes',
};

/** Neither an address, a path nor a name with a domain. */
const WORD = /^[^.:/]+$/;

/**
 * Wraps the action of a client command with `-m`: the error says that a word in the place of the host
 * is taken for it.
 */
export function hintAtMessage<Host, Port, Options extends { message?: string }>(
  act: (host: Host, port: Port, options: Options, command: Command) => Promise<void>,
): typeof act {
  return async (host, port, options, command) => {
    try {
      await act(host, port, options, command);
    } catch (error) {
      const [first = ''] = command.args;
      if (!WORD.test(first) || !(error instanceof CliError)) throw error;
      const hasMessage = options.message !== undefined;
      const advice = (hasMessage ? ADVICE_WITH_MESSAGE : ADVICE_WITHOUT_MESSAGE)[error.shortCode];
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
