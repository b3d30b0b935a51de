// Asks the real shells, as far as they are installed.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { buildProgram } from '../program.ts';
import { commandTable } from './commandTable.ts';
import { completionFor } from './completions.ts';
import { COMPLETION_FILES, SHELLS, type Shell } from './shells.ts';

const program = await buildProgram('1.2.3');
const commands = commandTable(program);

const folder = mkdtempSync(join(tmpdir(), 'motd-completion-'));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, 'a file.pem'), '');
mkdirSync(join(folder, 'a folder'));
for (const shell of SHELLS) {
  writeFileSync(join(folder, COMPLETION_FILES[shell]), completionFor(shell, program));
}

const END = 'end of candidates';

/** Calls the function that bash calls at Tab, with the words into which bash splits the line. */
const ASK_BASH = `
. ./motd
for line; do
  read -ra COMP_WORDS <<< "\${line//=/ = }"
  if [[ $line == *' ' ]]; then COMP_WORDS+=(''); fi
  COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
  _motd
  printf '%s\\n' "\${COMPREPLY[@]}" '${END}'
done`;

/** Presses Tab in a zsh of its own, whose compadd prints the candidates instead of showing them. */
const ASK_ZSH = `
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'PROMPT=; autoload -Uz compinit; compinit -D -u; . ./_motd; bindkey "^I" complete-word
compadd() {
  if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\\ * ]]; then builtin compadd "$@"; return; fi
  local -a hits; builtin compadd -A hits "$@"; print -rl -- "candidate="$^hits; builtin compadd "$@"
}
finished() { comppostfuncs=(finished) compstate[insert]= compstate[list]=; print -r -- "${END}" }
comppostfuncs=(finished); print "ready" "to complete"'
zpty -r -m shell all '*ready to complete*'
for line; do
  zpty -n -w shell $'\\x15'$line$'\\t'
  zpty -r -m shell all '*${END}*'
  print -r -- $all
done`;

const ASK_FISH = `
source motd.fish
for line in $argv
  complete -C $line
  echo '${END}'
end`;

const ASKED: Readonly<Record<Shell, readonly string[]>> = {
  bash: ['bash', '--norc', '-c', ASK_BASH, 'bash'],
  zsh: ['zsh', '-f', '-c', ASK_ZSH, 'zsh'],
  fish: ['fish', '--no-config', '-c', ASK_FISH, '--'],
};

/** @returns What the shell offers at the end of each line. */
function candidatesFor(shell: Shell, lines: readonly string[]): string[][] {
  const [command = '', ...args] = ASKED[shell];
  const { stdout, stderr } = spawnSync(command, [...args, ...lines], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, HOME: folder, TERM: 'dumb' },
  });
  expect(stderr).toBe('');
  const answers = stdout.split(END).slice(0, lines.length);
  // zsh offers the same candidate once for each of its styles.
  return answers.map((answer) => [
    ...new Set(answer.split('\n').flatMap((line) => candidateIn(shell, line))),
  ]);
}

function candidateIn(shell: Shell, line: string): string[] {
  if (shell === 'bash') return line === '' ? [] : [line];
  // With a description.
  if (shell === 'fish') return line === '' ? [] : [line.replace(/\t.*/, '').replace(/\/$/, '')];
  const [, candidate] = /candidate=(.+?)\r?$/.exec(line) ?? [];
  return candidate === undefined ? [] : [candidate.replaceAll('\\', '')];
}

const isInstalled = (shell: Shell) =>
  process.env[`MOTD_TEST_${shell.toUpperCase()}`] !== '' &&
  spawnSync(shell, ['--version']).error === undefined;

for (const shell of SHELLS) {
  test.skipIf(!isInstalled(shell))(`${shell} offers every command, and every flag`, () => {
    const names = commands.map(({ name }) => name);
    const lines = names.map((name) => `motd ${name} --`);
    const [offered, ...flags] = candidatesFor(shell, ['motd ', ...lines]);
    expect(offered).toEqual(expect.arrayContaining(names));
    for (const [index, command] of commands.entries()) {
      const expected = command.flags.map(({ long }) => long);
      expect(flags[index]?.sort(), lines[index]).toEqual(expected.sort());
    }
  });

  test.skipIf(!isInstalled(shell))(`${shell} offers the values of a flag`, () => {
    const files = ['_motd', 'a file.pem', 'a folder', 'motd', 'motd.fish'];
    const values = [
      ['serve --log ', ['console', 'json', 'silent']],
      ['serve --log=js', shell === 'fish' ? ['--log=json'] : ['json']],
      ['serve --port ', []],
      ['bridge --target ', []],
      ['get --tls-ca ', files],
      ['get --tls-ca a', ['a file.pem', 'a folder']],
      ['bridge --record ', ['a folder']],
      ['completion ', ['bash', 'fish', 'zsh']],
      ['help se', ['serve', 'set']],
      // The host has been given, by a word, or by words that bash splits.
      ['completion bash ', shell === 'fish' ? [] : ['--help', '-h']],
      ['help set ', []],
      ['get a.example ', []],
      ['get a.example:1 ', []],
      // The value of -m is no command.
      ['set -m get --if', ['--if-number']],
    ] as const;
    const offered = candidatesFor(
      shell,
      values.map(([line]) => `motd ${line}`),
    );
    for (const [index, [line, expected]] of values.entries()) {
      expect(offered[index]?.sort(), line).toEqual(expected);
    }
  });
}

test('bash offers the flags in the order of --help', () => {
  const help = program.commands.find((command) => command.name() === 'up')?.helpInformation() ?? '';
  const flags = [...help.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, flag]) => flag);
  expect(candidatesFor('bash', ['motd up --'])).toEqual([flags]);
  expect(completionFor('bash', program)).toContain('complete -o nosort');
});
