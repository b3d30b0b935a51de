// A pair of virtual network interfaces, one of which is in a network namespace of its own, with a
// process there: a network link that can be cut. The peer behind it then disappears without a
// packet, like a laptop that is carried away. Uses ip(8), unshare(1) and nsenter(1).

import { execFileSync } from 'node:child_process';
import { Program } from '../../testing/programs.ts';
import { pidOf } from './rawClient.ts';

// A part of 198.18.0.0/15, which is for tests (RFC 2544). Processes whose ids differ by 16384 would
// share it.
const SUBNET = process.pid % 16_384;
const NETWORK = `198.18.${SUBNET >> 6}.${(SUBNET & 63) * 4}`;
const [NEAR, FAR] = [1, 2].map((offset) =>
  NETWORK.replace(/\d+$/, (low) => `${Number(low) + offset}`),
);
const NAME = `motd${process.pid}`;

/** Whether this process may create network namespaces, which needs root. */
export function canCreateVethLink(): boolean {
  try {
    execFileSync('unshare', ['--net', 'ip', 'link', 'show'], { stdio: 'ignore' });
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
}

/** The address of this side of the link. */
export const hostAddress = String(NEAR);

/**
 * Starts a program in a network namespace, and creates the link once the program prints `ready`.
 */
export async function startBehindVethLink(
  command: string,
  args: readonly string[],
): Promise<Program> {
  const program = new Program('unshare', ['--net', command, ...args]);
  await program.waitForOutput(/ready\n/);
  ip('link', 'add', NAME, 'type', 'veth', 'peer', 'name', 'far', 'netns', String(pidOf(program)));
  ip('address', 'add', `${NEAR}/30`, 'dev', NAME);
  ip('link', 'set', NAME, 'up');
  inNamespace(program, 'address', 'add', `${FAR}/30`, 'dev', 'far');
  inNamespace(program, 'link', 'set', 'far', 'up');
  return program;
}

/** Cuts the link: from now on nothing gets through, in either direction. */
export function cutVethLink(program: Program): void {
  inNamespace(program, 'link', 'set', 'far', 'down');
}

/** Removes the link: TCP would keep the namespace for minutes, for data that it cannot send. */
export function removeVethLink(): void {
  ip('link', 'delete', NAME);
}

function inNamespace(program: Program, ...args: string[]): void {
  execFileSync('nsenter', ['--net', '--target', String(pidOf(program)), 'ip', ...args]);
}

function ip(...args: string[]): void {
  execFileSync('ip', args);
}
