// Starts the programs under load, each in a process of its own, and ends exactly those processes:
// at the end of a part, if it fails, and when the benchmark itself is stopped.

import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../testing/freePort.ts';
import { ROOT } from '../testing/root.ts';
import { LoadConnection } from './loads/loadConnection.ts';
import { processTree } from './processes.ts';

/** Short: how soon a program listens is measured, too. */
const POLL_MS = 5;

const LISTEN_DEADLINE_MS = 30_000;

/** websockify can miss a SIGTERM while its children end. */
const STOP_DEADLINE_MS = 5_000;

/** The `motd` command, as `package.json` ships it. */
export const MOTD = fileURLToPath(new URL(shippedCommand(), ROOT));

/** A program that listens on a loopback port. */
export interface RunningProgram {
  port: number;
  /** Its process; descendants of it may do the work. */
  pid: number;
}

export class Programs {
  /** All that run, of any part. */
  static readonly #running = new Set<ChildProcess>();
  readonly #started: ChildProcess[] = [];
  readonly #cleanups: (() => unknown)[] = [];
  readonly #shared = new Map<unknown, unknown>();

  /** Runs some work, then ends the programs that it started, even if it fails. */
  static async during<Result>(work: (programs: Programs) => Promise<Result>): Promise<Result> {
    const programs = new Programs();
    try {
      return await work(programs);
    } finally {
      await programs.#end();
    }
  }

  /** For a process that is about to exit: ends everything at once. */
  static killAll(): void {
    for (const { pid } of Programs.#running) {
      for (const one of pid === undefined ? [] : processTree(pid)) kill(one, 'SIGKILL');
    }
  }

  /** Does this after the programs have ended. */
  defer(cleanup: () => unknown): void {
    this.#cleanups.push(cleanup);
  }

  /** Starts what several contestants use, such as the target of all bridges: once. */
  shared<Result>(start: (programs: Programs) => Promise<Result>): Promise<Result> {
    const started = (this.#shared.get(start) as Promise<Result> | undefined) ?? start(this);
    this.#shared.set(start, started);
    return started;
  }

  /** Starts a command of `motd` that reports the port on which it listens (cli/lifecycle.ts). */
  motd(...args: string[]): Promise<RunningProgram> {
    return this.#listening(this.fork(MOTD, args));
  }

  /** @param name A script in servers/, which reports its port in the same way. */
  script(name: string, ...args: string[]): Promise<RunningProgram> {
    const path = fileURLToPath(new URL(`servers/${name}.js`, import.meta.url));
    return this.#listening(this.fork(path, args));
  }

  /** Starts any server. Resolves once it accepts connections. */
  async server(command: string, argsFor: (port: number) => string[]): Promise<RunningProgram> {
    const port = await freePort();
    const pid = await this.background(command, argsFor(port));
    await this.untilListening(pid, port);
    return { port, pid };
  }

  /** Starts a program that is not connected to. @returns Its process. */
  async background(command: string, args: readonly string[], env = {}): Promise<number> {
    const child = spawn(command, args, { stdio: 'ignore', env: { ...process.env, ...env } });
    this.#track(child);
    await once(child, 'spawn');
    return pidOf(child);
  }

  /** Resolves once a program that this started accepts connections. */
  async untilListening(pid: number, port: number): Promise<void> {
    const child = this.#started.find((one) => one.pid === pid);
    const deadline = performance.now() + LISTEN_DEADLINE_MS;
    for (;;) {
      const connection = await LoadConnection.open(port).catch(() => undefined);
      if (connection !== undefined) return connection.destroy();
      if (child === undefined || hasEnded(child)) throw new Error(howEnded(child));
      if (performance.now() > deadline) {
        throw new Error(`${child.spawnargs.join(' ')} does not listen on port ${port}`);
      }
      await pause(POLL_MS);
    }
  }

  /** Starts a script that talks to this process. */
  fork(path: string, args: string[]): ChildProcess {
    const child = fork(path, args);
    this.#track(child);
    return child;
  }

  async #listening(child: ChildProcess): Promise<RunningProgram> {
    const { ready } = await nextMessage(child);
    return { port: ready.port, pid: pidOf(child) };
  }

  #track(child: ChildProcess): void {
    this.#started.push(child);
    Programs.#running.add(child);
    child.once('exit', () => Programs.#running.delete(child));
  }

  /** Ends the newest first: a bridge before its server. */
  async #end(): Promise<void> {
    for (const child of this.#started.toReversed()) await end(child);
    for (const cleanup of this.#cleanups.toReversed()) await cleanup();
  }
}

/** The next message of a child process. @throws If the child ends instead. */
export async function nextMessage(child: ChildProcess) {
  const ended = new AbortController();
  const onExit = () => ended.abort();
  child.once('exit', onExit);
  try {
    const [message] = await once(child, 'message', { signal: ended.signal });
    return message;
  } catch (cause) {
    throw new Error(howEnded(child), { cause });
  } finally {
    child.removeListener('exit', onExit);
  }
}

/** Ends a program and its children: websockify has one for each session. */
async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child) || child.pid === undefined) return;
  const exited = once(child, 'exit');
  const children = processTree(child.pid).filter((one) => one !== child.pid);
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
  await exited;
  clearTimeout(timer);
  for (const one of children) kill(one, 'SIGTERM');
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

function howEnded(child: ChildProcess | undefined): string {
  const how = child?.signalCode ?? `status ${child?.exitCode}`;
  return `${child?.spawnargs.join(' ')} ended: ${how}`;
}

function pidOf({ pid }: ChildProcess): number {
  if (pid === undefined) throw new Error('the program did not start');
  return pid;
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

function shippedCommand(): string {
  return JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8')).bin.motd;
}
