// The completions that there are, by their shell.

import type { Command } from 'commander';
import { bashCompletion } from './bash.ts';
import { type CompletedCommand, commandTable } from './commandTable.ts';
import { fishCompletion } from './fish.ts';
import type { Shell } from './shells.ts';
import { zshCompletion } from './zsh.ts';

const WRITERS: Readonly<Record<Shell, (commands: readonly CompletedCommand[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** @returns A script that defines the completion. */
export function completionFor(shell: Shell, program: Command): string {
  return WRITERS[shell](commandTable(program));
}
