// The servers under load, each in a process of its own, ended by the ids they were started with.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface Running {
  process: ChildProcess;
  port: number;
}

/** Starts one of our programs, which tells its parent where it listens (cli/lifecycle.ts). */
export async function start(
  script: string,
  args: string[],
  execArgv: string[] = [],
): Promise<Running> {
  const path = fileURLToPath(new URL(`../${script}`, import.meta.url));
  const child = fork(path, args, { execArgv });
  const [message] = await once(child, 'message');
  return { process: child, port: message.ready.port };
}

export async function stop({ process: child }: Running): Promise<void> {
  child.kill('SIGTERM');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}
