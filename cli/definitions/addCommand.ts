import type { Command, Option } from 'commander';
import { usageErrorOf } from '../usageError.ts';
import { examplesHelp } from './examples.ts';
import { inHelpOrder } from './inHelpOrder.ts';

/**
 * Adds a command with these flags to a program.
 *
 * @param argumentAdvice What to do about an argument that does not fit the command.
 */
export function addCommand(
  program: Command,
  name: string,
  description: string,
  options: Option[],
  argumentAdvice?: string,
): Command {
  const command = program
    .command(name)
    .description(description)
    .helpOption('-h, --help', 'show this help')
    .addHelpText('after', examplesHelp(name));
  command.exitOverride((error) => {
    throw usageErrorOf(error, command, argumentAdvice);
  });
  for (const option of inHelpOrder(name, options)) command.addOption(option);
  return command;
}
