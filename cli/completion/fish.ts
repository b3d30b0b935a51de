// Writes the completion for fish.

import type { CompletedCommand, CompletedFlag, CompletedValue } from './commandTable.ts';

export function fishCompletion(commands: readonly CompletedCommand[]): string {
  return `# fish completion for motd, written by: motd completion fish

function __motd_has_no_command
    test (count (commandline -opc)) -eq 1
end

function __motd_runs
    set -l words (commandline -opc)
    test (count $words) -gt 1; and test $words[2] = $argv[1]
end

complete -c motd -f
complete -c motd -n __motd_has_no_command -s h -l help -d 'show this help'
complete -c motd -n __motd_has_no_command -s V -l version -d 'show the version'
${commands.map(commandLines).join('\n')}
`;
}

function commandLines({ name, description, flags, arguments: values }: CompletedCommand): string {
  const [first] = values;
  const runs = `complete -c motd -n '__motd_runs ${name}'`;
  return [
    '',
    `complete -c motd -n __motd_has_no_command -a ${name} -d ${quote(description)}`,
    ...flags.map((flag) => `${runs} ${flagOptions(flag)}`),
    ...(first !== undefined && hasCandidates(first) ? [`${runs} ${valueOptions(first)}`] : []),
  ].join('\n');
}

function flagOptions({ long, short, description, value }: CompletedFlag): string {
  return [
    ...(short === undefined ? [] : [`-s ${short.slice(1)}`]),
    `-l ${long.slice(2)}`,
    ...(value === undefined ? [] : ['-r', valueOptions(value)]),
    `-d ${quote(description)}`,
  ].join(' ');
}

/** @returns Whether there is anything to offer: fish takes \`-f\` alone for all arguments. */
function hasCandidates({ kind }: CompletedValue): boolean {
  return kind !== 'text';
}

function valueOptions({ kind, choices }: CompletedValue): string {
  switch (kind) {
    case 'file':
      return '-F';
    case 'folder':
      return "-f -a '(__fish_complete_directories)'";
    case 'host':
      return "-f -a '(__fish_print_hostnames)'";
    case 'choice':
      return `-f -k -a '${choices.join(' ')}'`;
    case 'text':
      return '-f';
  }
}

function quote(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`;
}
