// What helps a user whose line the server does not know as a command.

import { COMMANDS, isCommand, ORIGINAL_COMMANDS } from '../../protocol/commands.ts';

/** What most users need. The prompt, which is the original's, names four of them. */
const MAIN_COMMANDS = 'MSGGET, MSGSTORE, MSGHIST, MSGWATCH, QUIT, SHUTDOWN';

/**
 * @param typed The line, trimmed.
 * @param allCommands What lists all commands; `undefined` if the server has only the original's.
 * @returns One line in brackets; `undefined` for a command, which an older server does not know.
 */
export function commandHint(typed: string, allCommands: string | undefined): string | undefined {
  const known: readonly string[] = allCommands === undefined ? ORIGINAL_COMMANDS : COMMANDS;
  if (isCommand(typed)) return undefined;
  const upper = typed.toUpperCase();
  if (known.includes(upper)) return `[commands are upper case: ${upper}]`;
  if (allCommands === undefined) return `[commands: ${known.join(', ')}]`;
  return `[commands: ${MAIN_COMMANDS}; for all of them: ${allCommands}]`;
}
