// Writes the completion for zsh, with _arguments (zshcompsys(1)).

import type { CompletedCommand, CompletedFlag, CompletedValue } from './commandTable.ts';

export function zshCompletion(commands: readonly CompletedCommand[]): string {
  const names = commands.map(({ name, description }) => quote(`${name}:${description}`));
  return `#compdef motd
# zsh completion for motd, written by: motd completion zsh

_motd() {
  local curcontext=$curcontext state line
  typeset -A opt_args
  _arguments -C \\
    '(- *)'{-h,--help}'[show this help]' \\
    '(- *)'{-V,--version}'[show the version]' \\
    '1: :->command' \\
    '*:: :->arguments'
  case $state in
    command)
      local -a commands=(
${names.map((name) => `        ${name}`).join('\n')}
      )
      _describe -V command commands
      ;;
    arguments)
      case $line[1] in
${commands.map(commandCase).join('\n')}
      esac
      ;;
  esac
}

# Sourced or evaluated, it is registered; as a file in fpath, it is the function.
if [[ $funcstack[1] == _motd ]]; then
  _motd "$@"
else
  compdef _motd motd
fi
`;
}

function commandCase({ name, flags, arguments: values }: CompletedCommand): string {
  const specs = [...flags.map(flagSpec), ...values.map(argumentSpec)];
  return `        ${name})
          _arguments \\
${specs.map((spec) => `            ${spec}`).join(' \\\n')}
          ;;`;
}

function flagSpec({ long, short, description, value, isRepeatable }: CompletedFlag): string {
  const text = `[${description.replace(/[[\]\\]/g, '\\$&')}]`;
  const action = value === undefined ? '' : `:${nameOf(value)}:${actionOf(value)}`;
  const longSpec = value === undefined ? long : `${long}=`;
  if (short === undefined) return quote(`${isRepeatable ? '*' : ''}${longSpec}${text}${action}`);
  const shortSpec = value === undefined ? short : `${short}+`;
  return `${quote(`(${short} ${long})`)}{${shortSpec},${longSpec}}${quote(`${text}${action}`)}`;
}

function argumentSpec(value: CompletedValue, index: number): string {
  return quote(`${index + 1}:${nameOf(value)}:${actionOf(value)}`);
}

/** What follows a colon would be an action, which zsh runs. */
function nameOf({ name }: CompletedValue): string {
  return name.replaceAll(':', '\\:');
}

function actionOf({ kind, choices }: CompletedValue): string {
  switch (kind) {
    case 'file':
      return '_files';
    case 'folder':
      return '_files -/';
    case 'host':
      return '_hosts';
    case 'choice':
      return `(${choices.join(' ')})`;
    case 'text':
      return ' ';
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
