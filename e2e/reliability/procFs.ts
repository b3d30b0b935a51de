// What Linux tells about a process (proc(5)).

import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

/** Why a test that reads here is skipped elsewhere. */
export const NEEDS_LINUX = 'reads /proc';
export const isLinux = process.platform === 'linux';

/** Of the column `st` of /proc/net/tcp (the kernel's net/tcp_states.h). */
const ESTABLISHED = '01';
const LISTEN = '0A';

/** Clock ticks a second in /proc/PID/stat: USER_HZ, 100 on every platform Node runs on. */
const TICKS_PER_SECOND = 100;

/** Memory that is in use, in kB. */
export function rssKb(pid: number): number {
  return fieldOf(`/proc/${pid}/status`, 'VmRSS');
}

/** The same, with what is shared counted by its share. */
export function pssKb(pid: number): number {
  return fieldOf(`/proc/${pid}/smaps_rollup`, 'Pss');
}

/** The most memory that was in use since the start, or since `resetPeak`, in kB. */
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
 * How many file descriptors this process may open, and those it starts:
 * Node raises it as far as it goes.
 */
export function maxDescriptors(): number {
  const limits = readFileSync('/proc/self/limits', 'latin1');
  const most = /^Max open files\s+(\S+)/m.exec(limits)?.[1];
  return most === 'unlimited' ? Number.POSITIVE_INFINITY : Number(most);
}

/** For how long the load on a core is measured: a share needs a period, and ticks are 10 ms. */
const CORE_PERIOD_MS = 1000;

/** How much of one core a process takes during the next second, in percent. */
export async function corePercent(pid: number): Promise<number> {
  const before = ticksOf(pid);
  const startedAtMs = performance.now();
  await setTimeout(CORE_PERIOD_MS);
  const seconds = (performance.now() - startedAtMs) / 1000;
  return Math.round(((ticksOf(pid) - before) / TICKS_PER_SECOND / seconds) * 100);
}

/** The TCP port a process listens on; `undefined` while there is none. */
export function listeningPort(pid: number): number | undefined {
  return tcpSocketsOf(pid).find(({ state }) => state === LISTEN)?.localPort;
}

/** How many connections to a TCP port of this machine a process has. */
export function connectionsTo(port: number, pid: number): number {
  const isOne = ({ state, remotePort }: TcpSocket) => state === ESTABLISHED && remotePort === port;
  return tcpSocketsOf(pid).filter(isOne).length;
}

/**
 * How many bytes the kernel holds on the way to these local ports: not acknowledged by the client's
 * end, or not read by the client.
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

interface TcpSocket {
  localPort: number;
  remotePort: number;
  state: string;
  unacknowledgedBytes: number;
  unreadBytes: number;
  inode: string;
}

function tcpSocketsOf(pid: number): TcpSocket[] {
  const inodes = socketsOf(pid);
  return tcpSockets(pid).filter(({ inode }) => inodes.has(inode));
}

/** Those of IPv4 in the network namespace of a process (proc(5): /proc/PID/net/tcp). */
function tcpSockets(pid: number): TcpSocket[] {
  const rows = readFileSync(`/proc/${pid}/net/tcp`, 'latin1').trimEnd().split('\n').slice(1);
  return rows.map((row) => {
    const columns = row.trim().split(/\s+/);
    const [, local = '', remote = '', state = '', queues = '', , , , , inode = ''] = columns;
    const [unacknowledged = '', unread = ''] = queues.split(':');
    return {
      localPort: portIn(local),
      remotePort: portIn(remote),
      state,
      unacknowledgedBytes: Number.parseInt(unacknowledged, 16),
      unreadBytes: Number.parseInt(unread, 16),
      inode,
    };
  });
}

/** Of an address as it stands there: `0100007F:66C6`. */
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
    // Closed between the listing and now.
    return '';
  }
}

/** Time in user and in kernel mode (fields 14 and 15, counted from behind the name). */
function ticksOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

function fieldOf(file: string, name: string): number {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync(file, 'latin1'))?.[1];
  if (found === undefined) throw new Error(`${file} has no ${name}`);
  return Number(found);
}

/** The processes a process has started, oldest first. */
export function childrenOf(parent: number): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => parentOf(pid) === parent);
}

function parentOf(pid: number): number | undefined {
  const stat = statOf(pid);
  return stat === undefined ? undefined : Number(stat.slice(stat.lastIndexOf(')')).split(' ')[2]);
}

/** Whether a process has not ended yet. A zombie has; it only waits for its parent to hear of it. */
export function isRunning(pid: number): boolean {
  const stat = statOf(pid);
  return stat !== undefined && !stat.slice(stat.lastIndexOf(')')).startsWith(') Z');
}

function statOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
}

/** The processes whose environment, as they were started, has this in it; none that has ended. */
export function processesWith(variable: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(variable);
    } catch {
      return false;
    }
  });
}

/** How a process was started: the command and its arguments. */
export function commandLine(pid: number): string[] {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
}
