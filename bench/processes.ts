// What Linux knows of a process and its children (proc(5)).

import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';

/**
 * Times in /proc/PID/stat are in clock ticks; Linux shows 100 of them a second on every platform.
 */
const TICKS_PER_SECOND = 100;

/** Whether such figures are to be had here. */
export const hasProcessFigures = existsSync('/proc/self/smaps_rollup');

/**
 * CPU time so far of a process, its children, and their children, those that have ended included.
 */
export async function cpuSeconds(pid: number): Promise<number> {
  if (!hasProcessFigures) return Number.NaN;
  const all = await Promise.all((await family(pid)).map(cpuTicks));
  return sum(all) / TICKS_PER_SECOND;
}

/**
 * Memory of a process, its children, and their children, in bytes: a page that several share counts
 * for each in part (Pss).
 */
export async function pssBytes(pid: number): Promise<number> {
  if (!hasProcessFigures) return Number.NaN;
  const all = await Promise.all((await family(pid)).map(pss));
  return sum(all);
}

/** A process, its children, and their children. */
export async function family(pid: number): Promise<number[]> {
  if (!hasProcessFigures) return [pid];
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const children = threads.map((thread) => readIfThere(`/proc/${pid}/task/${thread}/children`));
  const pids = (await Promise.all(children)).join(' ').match(/\d+/g) ?? [];
  const families = await Promise.all(pids.map((child) => family(Number(child))));
  return [pid, ...families.flat()];
}

async function cpuTicks(pid: number): Promise<number> {
  const stat = await readIfThere(`/proc/${pid}/stat`);
  // The second field is a name in brackets, which may hold anything; the third begins after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // utime, stime, cutime and cstime are fields 14 to 17.
  return sum(fields.slice(14 - 3, 17 - 3 + 1).map(Number));
}

async function pss(pid: number): Promise<number> {
  const rollup = await readIfThere(`/proc/${pid}/smaps_rollup`);
  const [, kilobytes] = /^Pss:\s+(\d+) kB$/m.exec(rollup) ?? [];
  return Number(kilobytes ?? 0) * 1024;
}

/** A process may end while one looks. */
function readIfThere(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
