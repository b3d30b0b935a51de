// The flags a command was given, as their environment twins: how `motd up` passes them on.

import type { Command } from 'commander';

/**
 * @param command A command that has read its arguments. What is left at its default is left out.
 */
export function environmentOf(command: Command): Record<string, string> {
  const given = command.options.flatMap((option) => {
    const name = option.attributeName();
    const source = command.getOptionValueSource(name);
    if (option.envVar === undefined || source === undefined || source === 'default') return [];
    return [[option.envVar, textOf(command.getOptionValue(name))] as const];
  });
  return Object.fromEntries(given);
}

function textOf(value: unknown): string {
  if (!Array.isArray(value)) return String(value);
  return value.length === 0 ? 'none' : value.join(' ');
}
