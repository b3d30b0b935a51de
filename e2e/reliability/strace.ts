// Traces a server's system calls with strace(1), and injects errors into them.

import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Program } from '../../testing/programs.ts';
import { pidOf } from './rawClient.ts';

// Empty if scripts/tools.mjs found none and could not install one; CI always has one.
const straceCommand = process.env['MOTD_TEST_STRACE'] ?? 'strace';
export const canTrace = straceCommand !== '' || process.env['CI'] !== undefined;

export interface SystemCall {
  name: string;
  /** The arguments and the result, as strace prints them: `3</tmp/messages.log>, "…", 4096) = 4096`. */
  words: string;
  /**
   * Line numbers in the trace. A call ended before another began if its `end` is below the other's
   * `start`.
   */
  start: number;
  end: number;
}

/**
 * The command that runs another one and records its system calls. The traced program stays our own
 * child (-D), only traced calls are stopped (--seccomp-bpf), descriptors are shown with their files
 * (-yy), and nothing is abbreviated (-v, -s).
 */
export function tracing(file: string, calls: readonly string[]): string[] {
  const options = ['-D', '-f', '--seccomp-bpf', '-yy', '-v', '-s', '1000000'];
  return [straceCommand, ...options, '-o', file, '-e', `trace=${calls.join()}`];
}

/** The command that runs another one with a fault, as `inject`. */
export function injecting(fault: string): string[] {
  return [straceCommand, '-D', '-f', '-qq', ...injection(fault), '-o', '/dev/null'];
}

/** The finished calls of a trace, in the order of their ends. */
export async function* callsIn(file: string): AsyncGenerator<SystemCall> {
  const unfinished = new Map<string, SystemCall>();
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity });
  let at = 0;
  for await (const line of lines) {
    at++;
    const { thread = '', text = '' } = /^(?<thread>\d+) +(?<text>.*)$/.exec(line)?.groups ?? {};
    const resumed = /^<\.\.\. \w+ resumed>(?<rest>.*)$/.exec(text)?.groups?.['rest'];
    if (resumed !== undefined) {
      const call = unfinished.get(thread);
      unfinished.delete(thread);
      if (call !== undefined) yield { ...call, words: call.words + resumed, end: at };
      continue;
    }
    const open = text.indexOf('(');
    if (open === -1 || !/^\w+$/.test(text.slice(0, open))) continue;
    const words = text.slice(open + 1);
    const call = { name: text.slice(0, open), words, start: at, end: at };
    const suffix = ' <unfinished ...>';
    if (!words.endsWith(suffix)) yield call;
    else unfinished.set(thread, { ...call, words: words.slice(0, -suffix.length) });
  }
}

/** The result of a call; `undefined` if it did not return. */
export function resultOf({ words }: SystemCall): number | undefined {
  const { result } = /\) += (?<result>-?\d+)(?:<.*>| E\w+ \(.*\))?$/.exec(words)?.groups ?? {};
  return result === undefined ? undefined : Number(result);
}

/**
 * Makes system calls of a running server fail, until the returned program ends.
 *
 * @param fault `fdatasync,fsync:error=EIO:when=1`, in strace's syntax; counted for each thread.
 */
export async function inject(server: Program, fault: string): Promise<Program> {
  const args = ['-f', ...injection(fault), '-s', '0', '-p', String(pidOf(server))];
  const strace = new Program(straceCommand, args);
  await strace.waitForStderr(/Process \d+ attached/);
  return strace;
}

function injection(fault: string): string[] {
  const calls = fault.slice(0, fault.indexOf(':'));
  return ['-e', `trace=${calls}`, '-e', `inject=${fault}`];
}
