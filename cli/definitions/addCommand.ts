import type { Command, Option } from 'commander';

/** Adds a command with these flags to a program. */
export function addCommand(
  program: Command,
  name: string,
  description: string,
  options: Option[],
): Command {
  const command = program.command(name).description(description);
  for (const option of options) command.addOption(option);
  return command;
}
