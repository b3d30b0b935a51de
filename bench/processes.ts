// CPU time and memory of a server with all its processes (proc(5)).

import { existsSync } from 'node:fs';
import { cpuSeconds, descendantsOf, readProcFile } from '../testing/procFs.ts';

/** Whether this system reports them: Linux does. */
export const hasProcFs = existsSync('/proc/self/smaps_rollup');

/** CPU time so far of a process and its descendants, those that have ended included. */
export function treeCpuSeconds(pid: number): number {
  if (!hasProcFs) return Number.NaN;
  return sum(processTree(pid).map((each) => cpuSeconds(each, true)));
}

/**
 * Memory of a process and its descendants, in bytes. A page that several processes share counts in
 * part for each (Pss).
 */
export function treePssBytes(pid: number): number {
  if (!hasProcFs) return Number.NaN;
  return sum(processTree(pid).map(pssBytes));
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
