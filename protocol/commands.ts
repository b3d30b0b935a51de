// The commands of the protocol (PROTOCOL.md, "Commands").

export const COMMANDS = [
  'MSGGET',
  'MSGSTORE',
  'MSGWATCH',
  'MSGHIST',
  'MSGPLAN',
  'MSGPLANS',
  'MSGCANCEL',
  'MSGINFO',
  'MSGLIST',
  'MSGREPLACE',
  'QUIT',
  'SHUTDOWN',
] as const;

/** Those of the original server. */
export const ORIGINAL_COMMANDS = ['MSGGET', 'MSGSTORE', 'QUIT', 'SHUTDOWN'] as const;

export type Command = (typeof COMMANDS)[number];

/** The commands that change something. What to change follows on a line of its own. */
export const WRITE_COMMANDS = ['MSGSTORE', 'MSGPLAN', 'MSGCANCEL', 'MSGREPLACE'] as const;

export type WriteCommand = (typeof WRITE_COMMANDS)[number];

/** The commands whose reply is a list, a line for each message. */
export type ListCommand = Extract<Command, 'MSGHIST' | 'MSGLIST' | 'MSGPLANS'>;

const known: ReadonlySet<string> = new Set(COMMANDS);
const writing: ReadonlySet<string> = new Set(WRITE_COMMANDS);

/** Whether a line is exactly a command: upper case, without arguments. */
export function isCommand(line: string): line is Command {
  return known.has(line);
}

export function isWriteCommand(line: string): line is WriteCommand {
  return writing.has(line);
}
