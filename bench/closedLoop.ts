// A closed-loop load: a fixed number of clients that each repeat the same work.

import { LoadCpu } from './loadCpu.ts';

export interface ClosedLoopResult {
  perSecond: number;
  /** How many times the work was done. */
  count: number;
  /** The CPU time of the load generator, as a share of one core. */
  loadCpuShare: number;
}

/** @param work Repeated by each client until the time has passed. */
export async function closedLoop(
  clients: number,
  seconds: number,
  work: () => Promise<void>,
): Promise<ClosedLoopResult> {
  const cpu = new LoadCpu();
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1000;
  let count = 0;
  const client = async () => {
    while (performance.now() < endsAt) {
      await work();
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  const elapsedSeconds = (performance.now() - startedAt) / 1000;
  return { perSecond: count / elapsedSeconds, count, loadCpuShare: cpu.share() };
}
