// A command as a whole process, from its start to its end.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpuSeconds } from '../../testing/procFs.ts';
import { hasProcFs } from '../processes.ts';
import type { Sample } from '../result.ts';
import { spread } from '../spread.ts';

export interface Command {
  command: string;
  args: readonly string[];
}

/** How often it is run for one sample. */
const RUNS = 8;

/** @returns The median time of several runs, and the CPU time of one. */
export async function measureCommand({ command, args }: Command): Promise<Sample> {
  const timesMs: number[] = [];
  const cpuBefore = endedChildrenCpuSeconds();
  for (let run = 0; run < RUNS; run++) {
    const startedAt = performance.now();
    const child = spawn(command, args, { stdio: 'ignore' });
    const [status] = await once(child, 'close');
    timesMs.push(performance.now() - startedAt);
    if (status !== 0) throw new Error(`${child.spawnargs.join(' ')} ended with status ${status}`);
  }
  const cpuUs = ((endedChildrenCpuSeconds() - cpuBefore) / RUNS) * 1e6;
  return { value: spread(timesMs).median, cpuUs };
}

function endedChildrenCpuSeconds(): number {
  if (!hasProcFs) return Number.NaN;
  return cpuSeconds(process.pid, true) - cpuSeconds(process.pid);
}
