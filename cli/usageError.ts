// Gives Commander's errors the form of all other errors: one line with what is wrong, the value, and
// what to do. Commander has no other interface to its errors than their codes and texts.

import type { Command, CommanderError } from 'commander';
import { UsageError } from './cliError.ts';
import type { ShortCode } from './shortCodes.ts';

/** Flags whose value is a password. */
export const SECRET_FLAGS = ['--password', '--store-password'];

/**
 * In characters. An error repeats the invalid value, however long it is. The reason follows it.
 */
const MAX_LENGTH = 300;
const MAX_REASON_LENGTH = 200;

const STOP_ADVICE =
  'to stop a server, press Ctrl-C in its terminal, or type SHUTDOWN in motd connect; a service: systemctl stop motd-server';

interface Usage {
  command: Command;
  /** The parts of Commander's text, by name. */
  parts: Partial<Record<string, string>>;
  /** What to do about an argument that does not fit the command. */
  advice: string;
}

/** What we write for a text of Commander that has one of its codes. */
interface Rewording {
  code: string;
  shortCode: ShortCode;
  /** Without `error: `. A value may contain anything, even these words. */
  pattern: RegExp;
  /** Returns `undefined` if a later rewording is for it. */
  reword: (usage: Usage) => string | undefined;
}

/** The codes of a command that has shown its help or version. */
const ANSWERS = ['commander.help', 'commander.helpDisplayed', 'commander.version'];

/** Commands that we do not have, and what users of them mean. */
const MEANT = new Map([
  ['start', 'did you mean up?'],
  ['stop', STOP_ADVICE],
  ['shutdown', STOP_ADVICE],
]);

const REWORDINGS: readonly Rewording[] = [
  {
    code: 'commander.unknownCommand',
    shortCode: 'unknown-command',
    pattern:
      /^unknown command '(?<name>.*?)'(?:\n\(Did you mean (?:one of )?(?<similar>.*)\?\))?$/s,
    reword: ({ command, parts: { name = '', similar } }) =>
      `unknown command '${name}'; ${MEANT.get(name) ?? suggest(similar, command)}`,
  },
  {
    code: 'commander.unknownOption',
    shortCode: 'invalid-value',
    pattern: /^unknown option '(?<flag>--[^=]+)=(?<value>.*?)'(?:\n\(Did you mean .*\?\))?$/s,
    reword: ({ command, parts: { flag = '', value = '' } }) =>
      isFlagOf(command, flag)
        ? invalid('value', flag, value, `for ${flag}`, 'The flag takes no value.')
        : undefined,
  },
  {
    code: 'commander.unknownOption',
    shortCode: 'unknown-flag',
    pattern:
      /^unknown option '(?<flag>[^=]*)(?:=.*?)?'(?:\n\(Did you mean (?:one of )?(?<similar>.*)\?\))?$/s,
    reword: ({ command, parts }) =>
      `unknown flag '${parts['flag']}'; ${suggest(parts['similar'], command)}`,
  },
  {
    code: 'commander.missingArgument',
    shortCode: 'missing-argument',
    pattern: /^missing required argument '(?<name>.*)'$/,
    reword: ({ parts, advice }) =>
      `the argument ${parts['name']?.toUpperCase()} is missing; ${advice}`,
  },
  {
    code: 'commander.excessArguments',
    shortCode: 'extra-argument',
    pattern: /^too many arguments/,
    // Their values are not shown: the argument of `motd hash-password` would be a password.
    reword: ({ command, advice }) => {
      const { length } = command.registeredArguments;
      const most = length === 0 ? 'none' : `at most ${length}`;
      return `too many arguments: ${pathOf(command)} takes ${most}; ${advice}`;
    },
  },
  {
    code: 'commander.optionMissingArgument',
    shortCode: 'missing-argument',
    pattern: /^option '(?:-\w, )?(?<flag>\S+) (?<value>.*)' argument missing$/,
    reword: ({ parts }) =>
      `the value of ${parts['flag']} is missing; write ${parts['flag']} ${parts['value']}`,
  },
  {
    code: 'commander.conflictingOption',
    shortCode: 'conflicting-flags',
    pattern: /^(?<one>.*) cannot be used with (?<other>.*)$/,
    reword: ({ parts }) =>
      `${sourceIn(parts['one'])} cannot be used with ${sourceIn(parts['other'])}; use only one of them`,
  },
  {
    code: 'commander.invalidArgument',
    shortCode: 'invalid-value',
    pattern:
      /^option '(?:-\w, )?(?<flag>\S+)[^']*' argument '(?<value>.*)' is invalid\. (?<reason>.*)$/s,
    reword: ({ parts: { flag = '', value = '', reason = '' } }) =>
      invalid('value', flag, value, `for ${flag}`, reason),
  },
  {
    code: 'commander.invalidArgument',
    shortCode: 'invalid-value',
    pattern:
      /^option '(?:-\w, )?(?<flag>\S+)[^']*' value '(?<value>.*)' from env '(?<variable>\w+)' is invalid\. (?<reason>.*)$/s,
    reword: ({ parts: { flag = '', value = '', variable, reason = '' } }) =>
      invalid('value', flag, value, `of ${variable}`, reason),
  },
  {
    code: 'commander.invalidArgument',
    shortCode: 'invalid-value',
    pattern:
      /^command-argument value '(?<value>.*)' is invalid for argument '(?<name>\w+)'\. (?<reason>.*)$/s,
    reword: ({ parts: { name = '', value = '', reason = '' }, advice }) =>
      `${invalid(name, name, value, '', reason)}; ${advice}`,
  },
];

/**
 * @param command The command that Commander parsed the arguments of.
 * @param argumentAdvice What to do about an argument that does not fit it.
 * @returns A UsageError; `error` itself if it ends a command that has shown its help or version.
 */
export function usageErrorOf(
  error: CommanderError,
  command: Command,
  argumentAdvice = seeHelp(command),
): Error {
  const text = error.message.replace(/^error: /, '');
  for (const { code, shortCode, pattern, reword } of REWORDINGS) {
    const parts = code === error.code && pattern.exec(text);
    if (!parts) continue;
    const line = reword({ command, parts: parts.groups ?? {}, advice: argumentAdvice });
    if (line !== undefined) return new UsageError(shortCode, shorten(line), { cause: error });
  }
  if (ANSWERS.includes(error.code)) return error;
  // Another version of Commander may have other texts.
  return new UsageError('wrong-usage', `wrong usage: ${shorten(text)}; ${seeHelp(command)}`, {
    cause: error,
  });
}

function isFlagOf({ options }: Command, flag: string): boolean {
  return flag === '--help' || options.some(({ long }) => long === flag);
}

/** @param flag The flag or argument, to recognize a password. */
function invalid(what: string, flag: string, value: string, where: string, reason: string): string {
  // A reason that begins with a quote shows the part of the value that is invalid.
  const isShown = !SECRET_FLAGS.includes(flag) && !reason.startsWith("'");
  const subject = [`invalid ${what}`, isShown && `'${value}'`, where].filter(Boolean).join(' ');
  return `${subject}: ${clauseOf(reason)}`;
}

/** @param reason A sentence, as Commander writes the ones of its own. */
function clauseOf(reason: string): string {
  const [, choices] = /^Allowed choices are (.*)\.$/.exec(reason) ?? [];
  if (choices !== undefined) return `it must be ${alternatives(choices)}`;
  return `${reason.charAt(0).toLowerCase()}${reason.slice(1)}`.replace(/\.$/, '');
}

/** @param source `option '--port <port>'`, or `environment variable 'MOTD_PORT'`. */
function sourceIn(source = ''): string {
  return /(?:--[\w-]+|MOTD_\w+)/.exec(source)?.[0] ?? source;
}

function suggest(similar: string | undefined, command: Command): string {
  return similar === undefined ? seeHelp(command) : `did you mean ${alternatives(similar)}?`;
}

/** `a, b, c` becomes `a, b or c`. */
function alternatives(list: string): string {
  return list.replace(/, (?=[^,]*$)/, ' or ');
}

function seeHelp(command: Command): string {
  return `see ${pathOf(command)} --help`;
}

/** @returns How a user calls the command: `motd get`. */
function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${command.parent.name()} ${command.name()}`;
}

function shorten(line: string): string {
  if (line.length <= MAX_LENGTH) return line;
  return `${line.slice(0, MAX_LENGTH - MAX_REASON_LENGTH)} … ${line.slice(-MAX_REASON_LENGTH)}`;
}
