// A pair of network interfaces, one end of which is in a network of its own, with a process there:
// a cable that can be cut. Who is behind it is then gone without a word, as a laptop that is
// carried away. ip(8), unshare(1) and nsenter(1) do it.

import { execFileSync } from 'node:child_process';
import { Program } from '../../testing/programs.ts';
import { pidOf } from './rawClient.ts';

// Of 198.18.0.0/15, which is for tests (RFC 2544); one in two processes of 16384 get the same.
const PLACE = process.pid % 16_384;
const NETWORK = `198.18.${PLACE >> 6}.${(PLACE & 63) * 4}`;
const [NEAR, FAR] = [1, 2].map((offset) =>
  NETWORK.replace(/\d+$/, (low) => `${Number(low) + offset}`),
);
const NAME = `motd${process.pid}`;

/** Whether networks can be made here: it takes root. */
export function canCreateVethLink(): boolean {
  try {
    execFileSync('unshare', ['--net', 'ip', 'link', 'show'], { stdio: 'ignore' });
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
}

/** The address of the near end. */
export const hostAddress = String(NEAR);

/** Starts a program behind the cable, and lays it once the program says `here`. */
export async function startBehindVethLink(
  command: string,
  args: readonly string[],
): Promise<Program> {
  const program = new Program('unshare', ['--net', command, ...args]);
  await program.waitForOutput(/here\n/);
  ip('link', 'add', NAME, 'type', 'veth', 'peer', 'name', 'far', 'netns', String(pidOf(program)));
  ip('address', 'add', `${NEAR}/30`, 'dev', NAME);
  ip('link', 'set', NAME, 'up');
  inNamespace(program, 'address', 'add', `${FAR}/30`, 'dev', 'far');
  inNamespace(program, 'link', 'set', 'far', 'up');
  return program;
}

/** From now on nothing gets through, in either direction. */
export function cutVethLink(program: Program): void {
  inNamespace(program, 'link', 'set', 'far', 'down');
}

/** Takes the cable away: TCP would keep the network for minutes, for what it could not say. */
export function removeVethLink(): void {
  ip('link', 'delete', NAME);
}

function inNamespace(program: Program, ...args: string[]): void {
  execFileSync('nsenter', ['--net', '--target', String(pidOf(program)), 'ip', ...args]);
}

function ip(...args: string[]): void {
  execFileSync('ip', args);
}
