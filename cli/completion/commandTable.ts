// What the shells complete: the commands, their flags and the values of those, from the definitions
// for Commander. The scripts are static: a program that answers each Tab would take its whole start.

import type { Argument, Command, Option } from 'commander';

export interface CompletedCommand {
  name: string;
  description: string;
  /** In the order of `--help`. */
  flags: CompletedFlag[];
  arguments: CompletedValue[];
}

export interface CompletedFlag {
  long: string;
  short?: string;
  description: string;
  /** `undefined` for a switch. */
  value?: CompletedValue;
  isRepeatable: boolean;
}

export interface CompletedValue {
  /** The placeholder in `--help`. */
  name: string;
  kind: 'file' | 'folder' | 'host' | 'choice' | 'text';
  /** The values of a choice. */
  choices: readonly string[];
}

const KINDS: Readonly<Record<string, CompletedValue['kind']>> = {
  file: 'file',
  path: 'file',
  dir: 'folder',
  host: 'host',
  hosts: 'host',
};

export const HELP: CompletedFlag = {
  long: '--help',
  short: '-h',
  description: 'show this help',
  isRepeatable: false,
};

/** Reads the commands of a program, and adds `help`, which Commander does not list. */
export function commandTable(program: Command): CompletedCommand[] {
  const commands = program.commands.map((command) => ({
    name: command.name(),
    description: command.description(),
    flags: [...command.options.filter(({ hidden }) => !hidden).map(flagOf), HELP],
    arguments: command.registeredArguments.map(argumentOf),
  }));
  const name: CompletedValue = {
    name: 'command',
    kind: 'choice',
    choices: commands.map(({ name }) => name),
  };
  const help = { name: 'help', description: 'show the help of a command' };
  return [...commands, { ...help, flags: [], arguments: [name] }];
}

function flagOf(option: Option): CompletedFlag {
  const [, name] = /<(.*)>/.exec(option.flags) ?? [];
  return {
    long: option.long ?? '',
    ...(option.short && { short: option.short }),
    description: firstClause(option.description),
    ...(name !== undefined && { value: valueNamed(name, option.argChoices) }),
    isRepeatable: /\brepeatable\b/.test(option.description),
  };
}

function argumentOf(argument: Argument): CompletedValue {
  return valueNamed(argument.name(), argument.argChoices);
}

function valueNamed(name: string, choices: readonly string[] | undefined): CompletedValue {
  const kind = choices === undefined ? (KINDS[name] ?? 'text') : 'choice';
  return { name, kind, choices: choices ?? [] };
}

/** A description may be a paragraph; a shell shows one line. */
function firstClause(description: string): string {
  return description.replace(/(?:[;:] | \(default).*$/s, '');
}
