// Makes a program read its files again.

import type { Program } from '../testing/programs.ts';
import { expect } from './fixtures.ts';

/**
 * Sends SIGHUP.
 *
 * @returns The report, once it has the line about the targets, which is the last one.
 */
export async function reloadTargets(program: Program): Promise<string> {
  const { length } = program.stdout;
  process.kill(program.process.pid ?? 0, 'SIGHUP');
  const report = () => program.stdout.slice(length);
  await expect.poll(report).toMatch(/The list of targets was .*\n/);
  return report();
}
