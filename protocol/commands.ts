// The words a client may say where a command is awaited (PROTOCOL.md, "Commands").

export const COMMANDS = ['MSGGET', 'MSGSTORE', 'MSGWATCH', 'MSGHIST', 'QUIT', 'SHUTDOWN'] as const;

export type Command = (typeof COMMANDS)[number];

const known: ReadonlySet<string> = new Set(COMMANDS);

/** Whether a line is exactly one of the commands: upper case, no argument. */
export function isCommand(line: string): line is Command {
  return known.has(line);
}
