// Measures a rate of work: how much is done in a second, and the CPU time that it costs.

import { treeCpuSeconds } from '../processes.ts';
import type { Sample } from '../result.ts';

/**
 * @param pids The processes of the contestant; none if their CPU time is not measured.
 * @param work Resolves with how much it has done.
 */
export async function measureRate(
  pids: readonly number[],
  work: () => Promise<number>,
): Promise<Sample> {
  const serverBefore = treeCpuSeconds(pids);
  const loadBefore = process.cpuUsage();
  const startedAt = performance.now();
  const done = await work();
  const elapsedSeconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(loadBefore);
  const serverSeconds = treeCpuSeconds(pids) - serverBefore;
  return {
    value: done / elapsedSeconds,
    ...(pids.length > 0 && { cpuUs: (serverSeconds / done) * 1e6 }),
    loadShare: (user + system) / 1e6 / elapsedSeconds,
  };
}
