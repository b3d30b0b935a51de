// Writes the completion for bash. It needs neither bash 4 (macOS has 3.2) nor the package
// bash-completion.

import type { CompletedCommand, CompletedFlag, CompletedValue } from './commandTable.ts';

export function bashCompletion(commands: readonly CompletedCommand[]): string {
  const names = commands.map(({ name }) => name).join(' ');
  return `# bash completion for motd, written by: motd completion bash

_motd() {
  local word=\${COMP_WORDS[COMP_CWORD]} flag=\${COMP_WORDS[COMP_CWORD-1]} flags='' line
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
  const all = flags.flatMap(({ long, short }) => (short ? [long, short] : [long])).join(' ');
  const [first] = values;
  // A command without arguments offers its flags before a `-` is typed.
  const others = first === undefined ? '_motd_words "$flags"' : completionOf(first);
  const rows = groupByCompletion(flags).map(
    ([completion, names]) => `        ${names.join(' | ')}) ${completion} ;;\n`,
  );
  return `    ${name})
      flags='${all}'
      case $flag in
${rows.join('')}        *) if [[ $word == -* ]]; then _motd_words "$flags"; else ${others}; fi ;;
      esac
      ;;`;
}

/** @returns The flags whose values are completed in the same way. */
function groupByCompletion(flags: readonly CompletedFlag[]): [string, string[]][] {
  const groups = new Map<string, string[]>();
  for (const { long, short, value } of flags) {
    if (value === undefined) continue;
    const completion = completionOf(value);
    const names = groups.get(completion) ?? [];
    groups.set(completion, [...names, long, ...(short ? [short] : [])]);
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
