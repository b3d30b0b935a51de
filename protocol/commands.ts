// The commands of the protocol (PROTOCOL.md, "Commands").

export const COMMANDS = ['MSGGET', 'MSGSTORE', 'MSGWATCH', 'MSGHIST', 'QUIT', 'SHUTDOWN'] as const;

export type Command = (typeof COMMANDS)[number];

const known: ReadonlySet<string> = new Set(COMMANDS);

/** Whether a line is exactly a command: upper case, without arguments. */
export function isCommand(line: string): line is Command {
  return known.has(line);
}
