// What helps a user whose line the server rejects: not a command, or not a valid window.

import { COMMANDS, isCommand, isWriteCommand, ORIGINAL_COMMANDS } from '../../protocol/commands.ts';

/** What most users need. The prompt, which is the original's, names four of them. */
const MAIN_COMMANDS = 'MSGGET, MSGSTORE, MSGHIST, MSGWATCH, QUIT, SHUTDOWN';

const DAY_MS = 86_400_000;

/**
 * @param typed The line, trimmed.
 * @param allCommands What lists all commands; `undefined` if the server has only the original's.
 * @param retried The command whose password was wrong before; `undefined` if none was.
 * @returns One line in brackets; `undefined` for a command, which an older server does not know.
 */
export function commandHint(
  typed: string,
  allCommands: string | undefined,
  retried?: string,
): string | undefined {
  const known: readonly string[] = allCommands === undefined ? ORIGINAL_COMMANDS : COMMANDS;
  if (isCommand(typed)) return undefined;
  const upper = typed.toUpperCase();
  if (known.includes(upper)) return `[commands are upper case: ${upper}]`;
  const [word = ''] = upper.split(/\s/, 1);
  if (known.includes(word) && (isWriteCommand(word) || word === 'SHUTDOWN'))
    return `[type ${word} alone; the rest goes on the next line]`;
  if (retried !== undefined) return `[to try again, type ${retried} first]`;
  if (allCommands === undefined) return `[commands: ${known.join(', ')}]`;
  return `[commands: ${MAIN_COMMANDS}; for all of them: ${allCommands}]`;
}

/** An example of what MSGPLAN awaits, valid at this time: tomorrow from 18:00 to 20:00 UTC. */
export function planHint(nowMs: number): string {
  const day = new Date(nowMs + DAY_MS).toISOString().slice(0, 10);
  return `[for example: ${day}T18:00Z/${day}T20:00Z Maintenance]`;
}
