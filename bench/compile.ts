// Programs of the benchmark that are written in C, compiled when they are first used.

import { spawnSync } from 'node:child_process';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT } from '../testing/root.ts';
import { findCommand } from './contestant.ts';
import { temporaryFolder } from './temporaryFolder.ts';

const compiled = new Map<string, string>();

export function findCompiler() {
  return findCommand('cc', ['--version'], /(.+)/, 'on Debian: apt-get install gcc libc6-dev');
}

/** @param source Its path in bench/. @returns The path of the program. */
export function compile(source: string): string {
  const known = compiled.get(source);
  if (known !== undefined) return known;
  const program = join(temporaryFolder(), basename(source, '.c'));
  const file = fileURLToPath(new URL(`bench/${source}`, ROOT));
  const { command } = findCompiler();
  const { status, stderr } = spawnSync(command, ['-O2', '-o', program, file], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`cannot compile ${file}: ${stderr}`);
  compiled.set(source, program);
  return program;
}
