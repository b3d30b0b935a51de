// Starts the servers under load, each in a process of its own, and ends exactly those processes.

import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../testing/freePort.ts';
import { LoadConnection } from './loadConnection.ts';
import type { LoadTarget } from './loadTarget.ts';
import { processTree } from './processes.ts';

/** As in `motd up` (cli/commands/up.ts). `MOTD_BENCH_NODE_FLAGS=` measures without them. */
const BRIDGE_NODE_FLAGS = process.env['MOTD_BENCH_NODE_FLAGS'] ?? '--single-threaded-gc';

const LISTENING_POLL_MS = 50;

export interface RunningProgram extends LoadTarget {
  process: ChildProcess;
}

/** The baseline, and the target of the bridges. */
export function startEcho(): Promise<RunningProgram> {
  return startOurs('bench/echo.js', []);
}

/** More connections from one source than there are descriptors. */
const NO_CONNECTION_LIMITS = [
  '--max-connections',
  '100000',
  '--max-connections-per-source',
  '100000',
];

/** Bridges are measured with the PROXY header that `motd up` uses. */
const PROXIED = ['--trust-proxy', '127.0.0.1'];

/** @param store As in `--store`. */
export function startServer(store = 'memory:'): Promise<RunningProgram> {
  const args = [
    'serve',
    '--port',
    '0',
    '--store',
    store,
    '--log',
    'silent',
    ...PROXIED,
    ...NO_CONNECTION_LIMITS,
  ];
  return startOurs('cli/main.js', args);
}

/** No limit that a measurement could reach: sessions from one source, and messages. */
const NO_SESSION_LIMITS = ['--max-sessions-per-source', '5000', '--max-message-rate', '0'];

/** @param target As in `--target`, without the name. */
export async function startBridge(target: string, workers = 1): Promise<RunningProgram> {
  const quiet = ['--http-port', '0', '--log', 'silent'];
  const many = ['--workers', String(workers)];
  const args = ['bridge', '--target', `target=${target}`, ...quiet, ...NO_SESSION_LIMITS, ...many];
  const flags = BRIDGE_NODE_FLAGS.split(' ').filter((flag) => flag !== '');
  return { ...(await startOurs('cli/main.js', args, flags)), isBridge: true };
}

/** The baseline for a page. */
export function startBareTerminal(prompt: string): Promise<RunningProgram> {
  return startOurs('bench/bareTerminal.js', [prompt]);
}

/** @param command The name of websockify. */
export async function startWebsockify(
  command: string,
  targetPort: number,
): Promise<RunningProgram> {
  const started = await startOther(command, (port) => [
    `127.0.0.1:${port}`,
    `127.0.0.1:${targetPort}`,
  ]);
  return { ...started, isBridge: true };
}

/**
 * ttyd shows a program in a terminal. This program costs as little as possible: it prints the
 * prompt, and the kernel echoes what is typed.
 *
 * @param command The name of ttyd.
 */
export function startTtyd(command: string, prompt: string): Promise<RunningProgram> {
  const program = ['sh', '-c', 'printf "%s " "$0"; exec cat', prompt];
  return startOther(command, (port) => ['-i', 'lo', '-p', String(port), '-W', ...program]);
}

/** Registers a program that is being started, so that it is stopped when the work ends. */
export type TrackProgram = (starting: Promise<RunningProgram>) => Promise<RunningProgram>;

/** Runs some work, then stops the programs that it registered, even if it fails. */
export async function withPrograms(work: (track: TrackProgram) => Promise<void>): Promise<void> {
  const running: RunningProgram[] = [];
  try {
    await work(async (starting) => {
      const started = await starting;
      running.push(started);
      return started;
    });
  } finally {
    await Promise.all(running.map(stop));
  }
}

/** Ends a program and its children (websockify has one for each session). */
export async function stop({ process: child, pid }: RunningProgram): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  const children = processTree(pid).filter((one) => one !== pid);
  child.kill('SIGTERM');
  await exited;
  for (const one of children) terminateIfRunning(one);
}

/**
 * Starts one of our programs, which sends its parent the address it listens on (cli/lifecycle.ts).
 */
async function startOurs(
  script: string,
  args: string[],
  execArgv: string[] = [],
): Promise<RunningProgram> {
  const path = fileURLToPath(new URL(`../${script}`, import.meta.url));
  const child = fork(path, args, { execArgv });
  const message = await nextMessage(child);
  return { process: child, port: message.ready.port, isBridge: false, pid: pidOf(child) };
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
    const how = child.signalCode ?? `status ${child.exitCode}`;
    throw new Error(`${child.spawnargs.join(' ')} ended: ${how}`, { cause });
  } finally {
    child.removeListener('exit', onExit);
  }
}

async function startOther(
  command: string,
  argsFor: (port: number) => string[],
): Promise<RunningProgram> {
  const port = await freePort();
  const child = spawn(command, argsFor(port), { stdio: 'ignore' });
  await once(child, 'spawn');
  await waitUntilListening(child, port);
  return { process: child, port, isBridge: false, pid: pidOf(child) };
}

function pidOf({ pid }: ChildProcess): number {
  if (pid === undefined) throw new Error('the program did not start');
  return pid;
}

async function waitUntilListening(child: ChildProcess, port: number): Promise<void> {
  while (child.exitCode === null) {
    const connection = await LoadConnection.open(port).catch(() => undefined);
    if (connection !== undefined) return connection.destroy();
    await pause(LISTENING_POLL_MS);
  }
  throw new Error(`${child.spawnfile} ended with status ${child.exitCode}`);
}

function terminateIfRunning(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
