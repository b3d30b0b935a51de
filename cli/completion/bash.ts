// Writes the completion for bash. It needs neither bash 4 (macOS has 3.2) nor the package
// bash-completion.

import type { CompletedCommand, CompletedFlag, CompletedValue } from './commandTable.ts';

export function bashCompletion(commands: readonly CompletedCommand[]): string {
  const names = commands.map(({ name }) => name).join(' ');
  return `# bash completion for motd, written by: motd completion bash

_motd() {
  local word=\${COMP_WORDS[COMP_CWORD]} flag=\${COMP_WORDS[COMP_CWORD-1]} flags='' valued='' line
  # Bash splits --flag=VALUE into three words.
  if [[ $word == = ]]; then
    word=''
  elif [[ $flag == = ]]; then
    flag=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    _motd_words '${names} --help --version'
    return
  fi
  case \${COMP_WORDS[1]} in
${commands.map(commandCase).join('\n')}
  esac
}

# Is called with what completes each argument. After the last one, it offers the flags.
_motd_arguments() {
  local each position=1 is_value=0
  for each in "\${COMP_WORDS[@]:2:COMP_CWORD-2}"; do
    # Bash splits HOST:PORT into three words, too.
    if [[ $each == [=:] || " $valued " == *" $each "* ]]; then
      is_value=1
    else
      if [[ $is_value == 0 && $each != -* ]]; then position=$((position + 1)); fi
      is_value=0
    fi
  done
  if [[ $word == -* ]] || ((position > $#)); then
    _motd_words "$flags"
  else
    eval "\${!position}"
  fi
}

# Each is called with candidates, and keeps those that continue the word.
_motd_words() { _motd_reply -W "$1"; }
_motd_files() { _motd_paths -f; }
_motd_folders() { _motd_paths -d; }
_motd_hosts() { _motd_reply -A hostname; }
_motd_paths() {
  compopt -o filenames 2>/dev/null
  _motd_reply "$1"
}
_motd_reply() {
  while IFS= read -r line; do
    COMPREPLY+=("$line")
  done < <(compgen "$@" -- "$word")
}

complete -o nosort -F _motd motd 2>/dev/null || complete -F _motd motd
`;
}

function commandCase({ name, flags, arguments: values }: CompletedCommand): string {
  const completions = values.map((value) => ` "${completionOf(value)}"`);
  const rows = groupByCompletion(flags).map(
    ([completion, names]) => `        ${names.join(' | ')}) ${completion} ;;\n`,
  );
  return `    ${name})
      flags='${namesOf(flags).join(' ')}'
      valued='${namesOf(flags.filter(({ value }) => value !== undefined)).join(' ')}'
      case $flag in
${rows.join('')}        *) _motd_arguments${completions.join('')} ;;
      esac
      ;;`;
}

function namesOf(flags: readonly CompletedFlag[]): string[] {
  return flags.flatMap(({ long, short }) => (short ? [long, short] : [long]));
}

/** @returns The flags whose values are completed in the same way. */
function groupByCompletion(flags: readonly CompletedFlag[]): [string, string[]][] {
  const groups = new Map<string, string[]>();
  for (const flag of flags) {
    if (flag.value === undefined) continue;
    const completion = completionOf(flag.value);
    groups.set(completion, [...(groups.get(completion) ?? []), ...namesOf([flag])]);
  }
  return [...groups];
}

function completionOf({ kind, choices }: CompletedValue): string {
  switch (kind) {
    case 'file':
      return '_motd_files';
    case 'folder':
      return '_motd_folders';
    case 'host':
      return '_motd_hosts';
    case 'choice':
      return `_motd_words '${choices.join(' ')}'`;
    case 'text':
      return ':';
  }
}
