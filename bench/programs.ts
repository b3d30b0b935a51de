// The servers under load, each in a process of its own, ended by the ids they were started with.

import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { LoadConnection } from './connection.ts';
import type { Endpoint } from './endpoint.ts';
import { processTree } from './processes.ts';

/** As `motd up` starts the bridge (cli/commands/up.ts). `MOTD_BENCH_NODE_FLAGS=` tries it without them. */
const BRIDGE_NODE_FLAGS = process.env['MOTD_BENCH_NODE_FLAGS'] ?? '--single-threaded-gc';

const LISTENING_POLL_MS = 50;

export interface Running extends Endpoint {
  process: ChildProcess;
}

/** The yardstick, and the target of the bridges. */
export function startEcho(): Promise<Running> {
  return startOurs('bench/echo.js', []);
}

/** More connections, from this one source, than there are descriptors for. */
const ANY_NUMBER = ['--max-connections', '100000', '--max-connections-per-source', '100000'];

/** Bridges are measured with their PROXY line, as under `motd up`. */
const PROXIED = ['--trust-proxy', '127.0.0.1'];

/** @param store As in `--store`. */
export function startServer(store = 'memory:'): Promise<Running> {
  const args = [
    'serve',
    '--port',
    '0',
    '--store',
    store,
    '--log',
    'silent',
    ...PROXIED,
    ...ANY_NUMBER,
  ];
  return startOurs('cli/main.js', args);
}

/** As many sessions from this one source as a measurement takes, and as much as each can say. */
const NO_LIMITS = ['--max-sessions-per-source', '5000', '--max-message-rate', '0'];

/** @param target As in `--target`, without the name. */
export async function startBridge(target: string, workers = 1): Promise<Running> {
  const quiet = ['--http-port', '0', '--log', 'silent'];
  const many = ['--workers', String(workers)];
  const args = ['bridge', '--target', `target=${target}`, ...quiet, ...NO_LIMITS, ...many];
  const flags = BRIDGE_NODE_FLAGS.split(' ').filter((flag) => flag !== '');
  return { ...(await startOurs('cli/main.js', args, flags)), isBridge: true };
}

/** The yardstick for a page. */
export function startBareTerminal(prompt: string): Promise<Running> {
  return startOurs('bench/bareTerminal.js', [prompt]);
}

/** @param command What websockify is called here. */
export async function startWebsockify(command: string, targetPort: number): Promise<Running> {
  const started = await startTheirs(command, (port) => [
    `127.0.0.1:${port}`,
    `127.0.0.1:${targetPort}`,
  ]);
  return { ...started, isBridge: true };
}

/**
 * ttyd shows a program in a terminal. This one costs the least it could: it says the prompt, and
 * the kernel echoes what is typed.
 *
 * @param command What ttyd is called here.
 */
export function startTtyd(command: string, prompt: string): Promise<Running> {
  const program = ['sh', '-c', 'printf "%s " "$0"; exec cat', prompt];
  return startTheirs(command, (port) => ['-i', 'lo', '-p', String(port), '-W', ...program]);
}

/** Takes what is being started, to be ended when the work is over. */
export type Run = (starting: Promise<Running>) => Promise<Running>;

/** Does some work with programs, and ends those it took, however it ends. */
export async function withPrograms(work: (run: Run) => Promise<void>): Promise<void> {
  const running: Running[] = [];
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

/** Ends a program and the children it has (websockify has one for each session). */
export async function stop({ process: child, pid }: Running): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  const children = processTree(pid).filter((one) => one !== pid);
  child.kill('SIGTERM');
  await exited;
  for (const one of children) endIfThere(one);
}

/** Starts one of our programs, which tells its parent where it listens (cli/lifecycle.ts). */
async function startOurs(
  script: string,
  args: string[],
  execArgv: string[] = [],
): Promise<Running> {
  const path = fileURLToPath(new URL(`../${script}`, import.meta.url));
  const child = fork(path, args, { execArgv });
  const message = await nextMessage(child);
  return { process: child, port: message.ready.port, isBridge: false, pid: pidOf(child) };
}

/** What a child says next. @throws Where it ends instead. */
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

async function startTheirs(command: string, argsFor: (port: number) => string[]): Promise<Running> {
  const [port = 0] = await freePorts(1);
  const child = spawn(command, argsFor(port), { stdio: 'ignore' });
  await once(child, 'spawn');
  await untilListening(child, port);
  return { process: child, port, isBridge: false, pid: pidOf(child) };
}

function pidOf({ pid }: ChildProcess): number {
  if (pid === undefined) throw new Error('the program did not start');
  return pid;
}

/** Different ones, that nobody listens on now: for programs that cannot choose one and tell. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port was free');
    return address.port;
  });
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

async function untilListening(child: ChildProcess, port: number): Promise<void> {
  while (child.exitCode === null) {
    const connection = await LoadConnection.open(port).catch(() => undefined);
    if (connection !== undefined) return connection.destroy();
    await pause(LISTENING_POLL_MS);
  }
  throw new Error(`${child.spawnfile} ended with status ${child.exitCode}`);
}

function endIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
