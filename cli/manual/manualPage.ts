// Writes the manual pages, in the macros of man(7): one for `motd`, and one for each command.

import { type Argument, type Command, Option } from 'commander';
import { EXAMPLES } from '../definitions/examples.ts';
import { PROSE, type Term } from './prose.ts';
import { bold, code, italic, text } from './roff.ts';

/** Where a page comes from: it is in its footer. */
export interface Edition {
  version: string;
  /** As `2026-11-28`. */
  date: string;
}

/** What each exit status means. */
const EXIT_STATUS: readonly Term[] = [
  ['0', 'Done; or the reader of standard output has ended.'],
  ['1', 'Rejected or failed. One line on standard error gives the reason.'],
  ['2', 'Wrong usage. One line on standard error gives the reason.'],
];
const INTERRUPTED: Term = ['130', 'Interrupted with Ctrl-C.'];

const VARIABLES = 'OPTIONS names the variable of each flag. The flag wins over its variable.';

/** @returns The pages by their file names. */
export function manualPages(program: Command, edition: Edition): Map<string, string> {
  const pages = [program, ...program.commands];
  return new Map(pages.map((command) => [`${pageName(command)}.1`, manualPage(command, edition)]));
}

function manualPage(command: Command, { version, date }: Edition): string {
  const name = pageName(command);
  const prose = PROSE[command.name()];
  if (prose === undefined) throw new Error(`the manual has no description of ${name}`);
  const { description, environment = [], files = [], signals, seeAlso } = prose;
  const flags = command.options.filter(({ hidden }) => !hidden);
  const help = new Option('-h, --help', 'show this help');
  const lines = [
    `.TH ${name.toUpperCase().replaceAll('-', '\\-')} 1 "${date}" "motd ${version}" "MOTD Terminal"`,
    ...section('NAME', [`${name.replaceAll('-', '\\-')} \\- ${text(summaryOf(command))}`]),
    ...section('SYNOPSIS', [synopsisOf(command)]),
    ...section(
      'DESCRIPTION',
      description.flatMap((paragraph) => ['.PP', text(paragraph)]).slice(1),
    ),
    ...section('COMMANDS', commandsOf(command)),
    ...section('ARGUMENTS', command.registeredArguments.flatMap(argumentTerm)),
    ...section('OPTIONS', optionGroups([...flags, help])),
    ...section('EXIT STATUS', terms(signals ? EXIT_STATUS : [...EXIT_STATUS, INTERRUPTED])),
    ...section('ENVIRONMENT', environmentOf(flags, environment)),
    ...section('FILES', terms(files)),
    ...section('SIGNALS', terms(signals ?? [])),
    ...section('EXAMPLES', examplesOf(command)),
    ...section('SEE ALSO', [seeAlsoOf(command, seeAlso)]),
  ];
  return `${lines.join('\n')}\n`;
}

function pageName(command: Command): string {
  return command.parent === null ? command.name() : `${command.parent.name()}-${command.name()}`;
}

/** The program describes itself in a sentence, its commands in a clause. */
function summaryOf(command: Command): string {
  return command.parent === null
    ? 'serve, read and change a message of the day'
    : command.description();
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`.SH ${title}`, ...lines];
}

function synopsisOf(command: Command): string {
  const names =
    command.parent === null ? [command.name()] : [command.parent.name(), command.name()];
  const usage = command.usage().replace(/[\w-]+/g, (word) => italic(word));
  return [bold(names.join(' ')), usage].join(' ');
}

function commandsOf({ commands }: Command): string[] {
  const headings = [...new Set(commands.map((command) => command.helpGroup()))];
  return headings.flatMap((heading) => [
    `.SS ${text(heading.replace(/:$/, ''))}`,
    ...commands
      .filter((command) => command.helpGroup() === heading)
      .flatMap((command) => term(bold(command.name()), [sentence(command.description())])),
  ]);
}

function argumentTerm(argument: Argument): string[] {
  const values = valuesOf(argument.argChoices);
  return term(italic(argument.name()), [sentence(argument.description), ...values]);
}

/** The flags under the headings of `--help`, in the same order. */
function optionGroups(options: readonly Option[]): string[] {
  const headings = [...new Set(options.map(headingOf))];
  return headings.flatMap((heading) => {
    const flags = options.filter((option) => headingOf(option) === heading).flatMap(optionTerm);
    return headings.length === 1 ? flags : [`.SS ${text(heading)}`, ...flags];
  });
}

function headingOf({ helpGroupHeading = 'Options:' }: Option): string {
  return helpGroupHeading.replace(/:$/, '');
}

function optionTerm(option: Option): string[] {
  const { flags, description, argChoices, defaultValue, defaultValueDescription, envVar } = option;
  const [, names = '', value] = /^([^<]*)(?: <(.*)>)?$/.exec(flags) ?? [];
  const shown = [bold(names), ...(value === undefined ? [] : [italic(value)])].join(' ');
  // Some descriptions end with their default.
  const [, clause = '', described] = /^(.*?)(?: \(default: (.*)\))?$/s.exec(description) ?? [];
  const given = described ?? defaultValueDescription ?? defaultValue;
  return term(shown, [
    sentence(clause),
    ...valuesOf(argChoices),
    // That of a switch is `false`.
    ...(given === undefined || given === false ? [] : [text(`Default: ${given}.`)]),
    ...(envVar === undefined ? [] : [`Variable: ${bold(envVar)}.`]),
  ]);
}

function valuesOf(choices: readonly string[] | undefined): string[] {
  return choices === undefined ? [] : [`Values: ${choices.map(bold).join(', ')}.`];
}

function environmentOf(flags: readonly Option[], others: readonly Term[]): string[] {
  const hasVariables = flags.some(({ envVar }) => envVar !== undefined);
  return [...(hasVariables ? [text(VARIABLES)] : []), ...terms(others)];
}

function terms(list: readonly Term[]): string[] {
  return list.flatMap(([name, meaning]) => term(bold(name), [text(meaning)]));
}

function term(name: string, lines: readonly string[]): string[] {
  return ['.TP', name, ...lines];
}

function examplesOf(command: Command): string[] {
  return (EXAMPLES[command.name()] ?? [])
    .flatMap(({ purpose, command: line }) => [
      '.PP',
      text(`${capital(purpose)}:`),
      '.PP',
      '.RS 4',
      '.nf',
      code(line),
      '.fi',
      '.RE',
    ])
    .slice(1);
}

function seeAlsoOf(command: Command, names: readonly string[]): string {
  const others =
    command.parent === null
      ? command.commands.map(pageName)
      : ['motd', ...names.map((name) => `motd-${name}`)];
  return others.map((name) => `${bold(name)}(1)`).join(',\n');
}

function sentence(clause: string): string {
  return text(`${capital(clause)}.`);
}

function capital(clause: string): string {
  return `${clause.charAt(0).toUpperCase()}${clause.slice(1)}`;
}
