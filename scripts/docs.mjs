// `npm run docs`: writes docs/flags.md from the definitions of the command line, and
// docs/benchmarks.md with its charts from docs/benchmarks.json. `-- check` writes nothing, and fails
// if a file is stale.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fail, prepare } from './prepare.mjs';

/** @typedef {import('commander').Command} Command */
/** @typedef {import('commander').Option} Option */
/** @typedef {import('commander').Argument} Argument */

const PAGE = 'docs/flags.md';

const INTRODUCTION = `# Flags and environment variables

Every flag of every command, and the environment variable that sets the same. A flag wins over its
variable, and a variable over the default. \`motd COMMAND --help\` lists the same flags.

This page is written by \`npm run docs\` from the code. Edit the descriptions there:
[cli/options/](../cli/options).

- A variable with an empty value counts as given. A variable of a switch, such as \`MOTD_TLS\`, turns
  it on with any value: \`MOTD_TLS=0\` turns TLS on, too. To turn a switch off, unset its variable.
- \`MOTD_HOST\` and \`MOTD_PORT\` are the address to listen on for \`serve\` and \`up\`, and the servers to
  connect to for the clients. Set them for each service, not for a whole login session.
- A repeatable flag takes one value each time; its variable takes several, separated by white space.
- Every user of the machine can read the arguments of a command. Give a password in a file or in a
  variable: [Passwords](server.md#passwords).`;

const isCheck = process.argv[2] === 'check';
if (!isCheck) prepare();
const { buildProgram } = await import(new URL('../dist/node/cli/program.js', import.meta.url).href);
const { readResults, reportOf } = await import(
  new URL('../dist/bench/report/report.js', import.meta.url).href
);
const files = new Map([
  [PAGE, pageOf(await buildProgram('0'))],
  .../** @type {Map<string, string>} */ (await reportOf(readResults())),
]);
for (const [file, content] of files) {
  if (!isCheck) writeFileSync(file, content);
  else if (!existsSync(file) || readFileSync(file, 'utf8') !== content)
    fail(`${file} is stale; run: npm run docs`);
}

/** @param {Command} program */
function pageOf(program) {
  return `${[INTRODUCTION, ...program.commands.map(sectionOf)].join('\n\n')}\n`;
}

/** @param {Command} command */
function sectionOf(command) {
  const name = `motd ${command.name()}`;
  return [
    `## ${name}`,
    sentence(command.description()),
    `\`\`\`\n${name} ${command.usage()}\n\`\`\``,
    ...argumentsOf(command),
    ...optionsOf(command),
  ].join('\n\n');
}

/** @param {Command} command */
function argumentsOf({ registeredArguments }) {
  if (registeredArguments.length === 0) return [];
  const rows = registeredArguments.map((argument) => [
    `\`${argument.name()}\``,
    sentence(argument.description),
  ]);
  return [table(['argument', 'description'], rows)];
}

/**
 * One table for each group of flags, in the order of `--help`.
 *
 * @param {Command} command
 */
function optionsOf({ options }) {
  const visible = options.filter(({ hidden }) => !hidden);
  const headings = [...new Set(visible.map(headingOf))];
  return headings.flatMap((heading) => {
    const rows = visible.filter((option) => headingOf(option) === heading).map(rowOf);
    const flags = table(['flag', 'variable', 'default', 'description'], rows);
    return headings.length === 1 ? [flags] : [`**${heading}**`, flags];
  });
}

/** @param {Option} option */
function headingOf({ helpGroupHeading = 'Options:' }) {
  return helpGroupHeading.replace(/:$/, '');
}

/** @param {Option} option */
function rowOf(option) {
  // Some defaults are not a value of the flag: their descriptions end with them.
  const [, text = '', described] = /^(.*?)(?: \(default: (.*)\))?$/s.exec(option.description) ?? [];
  const variable = option.envVar === undefined ? '' : `\`${option.envVar}\``;
  return [`\`${option.flags}\``, variable, described ?? defaultOf(option), describe(option, text)];
}

/** @param {Option} option */
function defaultOf({ defaultValue, defaultValueDescription }) {
  if (defaultValueDescription !== undefined) return defaultValueDescription;
  if (defaultValue === undefined) return 'none';
  return defaultValue === false ? 'off' : `\`${defaultValue}\``;
}

/**
 * @param {Option} option
 * @param {string} text
 */
function describe({ argChoices }, text) {
  const choices = argChoices?.map((choice) => `\`${choice}\``).join(', ');
  return sentence(choices === undefined ? text : `${text}: ${choices}`);
}

/** @param {string} text */
function sentence(text) {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/**
 * @param {readonly string[]} heading
 * @param {readonly (readonly string[])[]} rows
 */
function table(heading, rows) {
  const lines = [heading, heading.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.map(escaped).join(' | ')} |`).join('\n');
}

/**
 * Keeps a placeholder such as <host> from being markup.
 *
 * @param {string} cell
 */
function escaped(cell) {
  return cell.startsWith('`') ? cell : cell.replaceAll('<', '&lt;').replaceAll('|', '\\|');
}
