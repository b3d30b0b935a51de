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

# Whether the next argument has this position. The flags that take a value follow it.
function __motd_awaits
    set -l position 1
    set -l is_value 0
    for word in (commandline -opc)[3..]
        if contains -- $word $argv[2..]
            set is_value 1
        else
            if test $is_value = 0; and not string match -q -- '-*' $word
                set position (math $position + 1)
            end
            set is_value 0
        end
    end
    test $position = $argv[1]
end

complete -c motd -f
complete -c motd -n __motd_has_no_command -s h -l help -d 'show this help'
complete -c motd -n __motd_has_no_command -s V -l version -d 'show the version'
${commands.map(commandLines).join('\n')}
`;
}

function commandLines({ name, description, flags, arguments: values }: CompletedCommand): string {
  const valued = flags.filter(({ value }) => value !== undefined).flatMap(namesOf);
  const runs = `complete -c motd -n '__motd_runs ${name}'`;
  return [
    '',
    `complete -c motd -n __motd_has_no_command -a ${name} -d ${quote(description)}`,
    ...flags.map((flag) => `${runs} ${flagOptions(flag)}`),
    ...values.flatMap((value, index) => {
      const condition = `__motd_runs ${name}; and __motd_awaits ${[index + 1, ...valued].join(' ')}`;
      return hasCandidates(value)
        ? [`complete -c motd -n '${condition}' ${valueOptions(value)}`]
        : [];
    }),
  ].join('\n');
}

function namesOf({ long, short }: CompletedFlag): string[] {
  return short === undefined ? [long] : [long, short];
}

function flagOptions({ long, short, description, value }: CompletedFlag): string {
  return [
    ...(short === undefined ? [] : [`-s ${short.slice(1)}`]),
    `-l ${long.slice(2)}`,
    ...(value === undefined ? [] : ['-r', valueOptions(value)]),
    `-d ${quote(description)}`,
  ].join(' ');
}

/** @returns Whether there is anything to offer: fish takes `-f` alone for all arguments. */
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
