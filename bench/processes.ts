// CPU time and memory of servers with all their processes (proc(5)).

import { existsSync } from 'node:fs';
import { cpuSeconds, descendantsOf, readProcFile } from '../testing/procFs.ts';

/** Whether this system reports them: Linux does. */
export const hasProcFs = existsSync('/proc/self/smaps_rollup');

/** CPU time so far of these processes and their descendants, those that have ended included. */
export function treeCpuSeconds(pids: readonly number[]): number {
  if (!hasProcFs) return Number.NaN;
  return sum(pids.flatMap(processTree).map((each) => cpuSeconds(each, true)));
}

/**
 * Memory of these processes and their descendants, in bytes. A page that several processes share
 * counts in part for each (Pss).
 */
export function treePssBytes(pids: readonly number[]): number {
  if (!hasProcFs) return Number.NaN;
  return sum(pids.flatMap(processTree).map(pssBytes));
}

/** A process and its descendants. */
export function processTree(pid: number): number[] {
  return hasProcFs ? [pid, ...descendantsOf(pid)] : [pid];
}

/** 0 if the process has just ended. */
function pssBytes(pid: number): number {
  const [, kilobytes] = /^Pss:\s+(\d+) kB$/m.exec(readProcFile(pid, 'smaps_rollup')) ?? [];
  return Number(kilobytes ?? 0) * 1024;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
