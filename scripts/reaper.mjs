// Outlives the process that starts it, however that ends (SIGKILL included). Then it kills the
// processes in the last line it received, and removes the folder it was given. Programs such as
// etcd do not notice that their parent has ended.

import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_INTERVAL_MS = 20;
/**
 * Longer than SIGKILL takes. Without an init process, orphans stay zombies and never look ended.
 */
const TIMEOUT_MS = 1000;

const [, , folder = ''] = process.argv;

/** @type {number[]} */
let pids = [];
// Each line lists all processes that run now. The input ends when the parent has ended.
const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  pids = line.split(' ').filter(Boolean).map(Number);
});
lines.on('close', async () => {
  const deadline = performance.now() + TIMEOUT_MS;
  while (pids.filter(kill).length > 0 && performance.now() < deadline)
    await sleep(POLL_INTERVAL_MS);
  rmSync(folder, { recursive: true, force: true });
});

/**
 * @param {number} pid
 * @returns Whether there was a process to kill.
 */
function kill(pid) {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}
