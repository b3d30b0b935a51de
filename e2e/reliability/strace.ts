// What strace(1) tells of a server's system calls, and the errors it can put in their place.

import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { childrenOf } from '../../testing/procFs.ts';
import { Program } from '../../testing/programs.ts';
import { pidOf } from './rawClient.ts';

// Empty where scripts/tools.mjs found none and could install none; CI always has one.
const strace = process.env['MOTD_TEST_STRACE'] ?? 'strace';
export const canTrace = strace !== '' || process.env['CI'] !== undefined;

export interface SystemCall {
  name: string;
  /** As strace shows them, with the result: `3</tmp/data.mdb>, "…", 4096) = 4096`. */
  words: string;
  /** Lines of the trace. A call is over before another began where `end` is below its `start`. */
  start: number;
  end: number;
}

/**
 * The command that runs another and writes down its system calls. What it runs stays our own child
 * (-D), the traced calls only are stopped (--seccomp-bpf), descriptors show what they are (-yy),
 * and nothing is left out (-v, -s).
 */
export function tracing(file: string, calls: readonly string[]): string[] {
  const how = ['-D', '-f', '--seccomp-bpf', '-yy', '-v', '-s', '1000000'];
  return ['strace', ...how, '-o', file, '-e', `trace=${calls.join()}`];
}

/** The finished calls of a trace, in the order in which they began to be told, or ended. */
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

/** What a call returned; `undefined` where it never did. */
export function resultOf({ words }: SystemCall): number | undefined {
  const { result } = /\) += (?<result>-?\d+)(?:<.*>| E\w+ \(.*\))?$/.exec(words)?.groups ?? {};
  return result === undefined ? undefined : Number(result);
}

/**
 * Puts an error in the place of system calls of a running server, and of the process that writes
 * for it, until the program returned ends.
 *
 * @param what `fdatasync:error=EIO:when=1`, as strace(1) has it; counted for each thread.
 */
export async function inject(server: Program, what: string): Promise<Program> {
  const calls = what.slice(0, what.indexOf(':'));
  const args = ['-f', '-e', `trace=${calls}`, '-e', `inject=${what}`, '-s', '0'];
  const pid = pidOf(server);
  const pids = [pid, ...childrenOf(pid)];
  const strace = new Program('strace', [...args, ...pids.flatMap((pid) => ['-p', String(pid)])]);
  for (const pid of pids) await strace.waitForStderr(new RegExp(`Process ${pid} attached`));
  return strace;
}
