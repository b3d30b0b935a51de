// Reads what Linux reports about processes (proc(5)).

import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

/** The reason why tests that read /proc are skipped on other systems. */
export const NEEDS_LINUX = 'reads /proc';
export const isLinux = process.platform === 'linux';

/** Values of the column `st` of /proc/net/tcp (the kernel's net/tcp_states.h). */
const ESTABLISHED = '01';
const LISTEN = '0A';

/** A value of the column `tr` (proc_pid_net(5); Linux, net/ipv4/tcp_ipv4.c, get_tcp4_sock). */
export const KEEPALIVE_TIMER = '02';

/** Clock ticks per second in /proc/PID/stat: USER_HZ, 100 on every platform Node runs on. */
const TICKS_PER_SECOND = 100;

/** Resident memory, in kB. */
export function rssKb(pid: number): number {
  return fieldOf(`/proc/${pid}/status`, 'VmRSS');
}

/** Memory in kB, in which shared pages count in part for each process. */
export function pssKb(pid: number): number {
  return fieldOf(`/proc/${pid}/smaps_rollup`, 'Pss');
}

/** The greatest resident memory since the start, or since `resetPeak`, in kB. */
export function peakKb(pid: number): number {
  return fieldOf(`/proc/${pid}/status`, 'VmHWM');
}

export function resetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** How many file descriptors are open. */
export function descriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/**
 * How many file descriptors this process and its children may open. Node raises its soft limit to
 * the hard limit when it starts.
 */
export function maxDescriptors(): number {
  const limits = readFileSync('/proc/self/limits', 'latin1');
  const most = /^Max open files\s+(\S+)/m.exec(limits)?.[1];
  return most === 'unlimited' ? Number.POSITIVE_INFINITY : Number(most);
}

/** How long CPU use is measured: ticks are 10 ms. */
const CORE_PERIOD_MS = 1000;

/** The CPU use of a process during the next second, in percent of one core. */
export async function corePercent(pid: number): Promise<number> {
  const before = cpuSeconds(pid);
  const startedAtMs = performance.now();
  await setTimeout(CORE_PERIOD_MS);
  const seconds = (performance.now() - startedAtMs) / 1000;
  return Math.round(((cpuSeconds(pid) - before) / seconds) * 100);
}

/** The TCP port a process listens on; `undefined` while there is none. */
export function listeningPort(pid: number): number | undefined {
  return listeningPorts(pid)[0];
}

/** The TCP ports a process listens on. */
export function listeningPorts(pid: number): number[] {
  const listening = tcpSocketsOf(pid).filter(({ state }) => state === LISTEN);
  return listening.map(({ localPort }) => localPort);
}

/** How many connections to a TCP port of this machine a process has. */
export function connectionsTo(port: number, pid: number): number {
  const isOne = ({ state, remotePort }: TcpSocket) => state === ESTABLISHED && remotePort === port;
  return tcpSocketsOf(pid).filter(isOne).length;
}

/**
 * How many bytes the kernel buffers on the way to these local ports: not acknowledged by the
 * client's side, or not read by the client.
 */
export function bytesInFlightTo(ports: ReadonlySet<number>): number {
  let bytes = 0;
  for (const { localPort, remotePort, unacknowledgedBytes, unreadBytes } of tcpSockets(
    process.pid,
  )) {
    if (ports.has(remotePort)) bytes += unacknowledgedBytes;
    if (ports.has(localPort)) bytes += unreadBytes;
  }
  return bytes;
}

/**
 * Which timer the kernel runs for a connection between two ports of this machine.
 *
 * @returns `undefined` if there is no such connection.
 */
export function tcpTimer(local = 0, remote = 0): string | undefined {
  const isIt = ({ localPort, remotePort }: TcpSocket) =>
    localPort === local && remotePort === remote;
  return tcpSockets(process.pid).find(isIt)?.timer;
}

interface TcpSocket {
  localPort: number;
  remotePort: number;
  state: string;
  unacknowledgedBytes: number;
  unreadBytes: number;
  timer: string;
  inode: string;
}

function tcpSocketsOf(pid: number): TcpSocket[] {
  const inodes = socketsOf(pid);
  return tcpSockets(pid).filter(({ inode }) => inodes.has(inode));
}

/** The IPv4 sockets in the network namespace of a process (proc(5): /proc/PID/net/tcp). */
function tcpSockets(pid: number): TcpSocket[] {
  const rows = readFileSync(`/proc/${pid}/net/tcp`, 'latin1').trimEnd().split('\n').slice(1);
  return rows.map((row) => {
    const columns = row.trim().split(/\s+/);
    const [, local = '', remote = '', state = '', queues = '', timers = ''] = columns;
    const [unacknowledged = '', unread = ''] = queues.split(':');
    return {
      localPort: portIn(local),
      remotePort: portIn(remote),
      state,
      unacknowledgedBytes: Number.parseInt(unacknowledged, 16),
      unreadBytes: Number.parseInt(unread, 16),
      timer: timers.split(':')[0] ?? '',
      inode: columns[9] ?? '',
    };
  });
}

/** The port in an address such as `0100007F:66C6`. */
function portIn(address: string): number {
  return Number.parseInt(address.split(':')[1] ?? '', 16);
}

function socketsOf(pid: number): Set<string> {
  const inodes = new Set<string>();
  for (const descriptor of readdirSync(`/proc/${pid}/fd`)) {
    const inode = /^socket:\[(\d+)\]$/.exec(targetOf(`/proc/${pid}/fd/${descriptor}`))?.[1];
    if (inode !== undefined) inodes.add(inode);
  }
  return inodes;
}

function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    // It was closed after the folder was listed.
    return '';
  }
}

function fieldOf(file: string, name: string): number {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync(file, 'latin1'))?.[1];
  if (found === undefined) throw new Error(`${file} has no ${name}`);
  return Number(found);
}

/** The processes a process has started, oldest first. */
export function childrenOf(parent: number): number[] {
  // Not by their numbers alone, which start again at the highest one.
  return allProcesses()
    .filter((pid) => parentOf(pid) === parent)
    .sort((one, other) => startTimeOf(one) - startTimeOf(other) || one - other);
}

/** The children of a process, their children, and so on. */
export function descendantsOf(ancestor: number): number[] {
  const parents = new Map(allProcesses().map((pid) => [pid, parentOf(pid)]));
  const below = (parent: number): number[] =>
    [...parents.keys()]
      .filter((pid) => parents.get(pid) === parent)
      .flatMap((child) => [child, ...below(child)]);
  return below(ancestor);
}

function parentOf(pid: number): number {
  return Number(statFields(pid)?.[PARENT]);
}

/** In clock ticks since the system started. */
function startTimeOf(pid: number): number {
  return Number(statFields(pid)?.[START_TIME]);
}

/** Whether a process has not ended. A zombie has ended: only its exit status is left. */
export function isRunning(pid: number): boolean {
  const state = statFields(pid)?.[STATE];
  return state !== undefined && state !== 'Z';
}

/** Whether a process is suspended (SIGSTOP). */
export function isSuspended(pid: number): boolean {
  return statFields(pid)?.[STATE] === 'T';
}

/**
 * CPU time so far in user and kernel mode, in seconds.
 *
 * @param includesEndedChildren Adds that of children that have ended and were waited for.
 */
export function cpuSeconds(pid: number, includesEndedChildren = false): number {
  const fields = statFields(pid) ?? [];
  const last = includesEndedChildren ? LAST_CHILD_TIME : LAST_OWN_TIME;
  const ticks = fields.slice(FIRST_TIME, last + 1).map(Number);
  return ticks.reduce((sum, each) => sum + each, 0) / TICKS_PER_SECOND;
}

/** The processes that were started with this in their environment, as `NAME=VALUE`. */
export function processesWith(variable: string): number[] {
  return allProcesses().filter((pid) =>
    readProcFile(pid, 'environ').split('\0').includes(variable),
  );
}

/** How a process was started: the command and its arguments. */
export function commandLine(pid: number): string[] {
  return readProcFile(pid, 'cmdline').split('\0').slice(0, -1);
}

/** Reads a file of /proc/PID. @returns '' if the process has ended. */
export function readProcFile(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
}

/** @returns In no particular order. */
export function allProcesses(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/**
 * Fields of /proc/PID/stat by their numbers in proc(5): state, ppid, utime, stime, cutime, cstime,
 * starttime.
 */
const STATE = 3;
const PARENT = 4;
const FIRST_TIME = 14;
const LAST_OWN_TIME = 15;
const LAST_CHILD_TIME = 17;
const START_TIME = 22;

/** @returns The fields, each at its number; `undefined` if the process has ended. */
function statFields(pid: number): string[] | undefined {
  const stat = readProcFile(pid, 'stat');
  if (stat === '') return undefined;
  // The second field is a name in parentheses, which may itself contain parentheses.
  const end = stat.lastIndexOf(')');
  return [
    '',
    String(pid),
    stat.slice(stat.indexOf('('), end + 1),
    ...stat.slice(end + 2).split(' '),
  ];
}
