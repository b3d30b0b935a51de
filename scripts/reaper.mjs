// A process that outlives the one that starts it by a moment, however that ends (SIGKILL included):
// then it ends the processes it was told of last, and removes the folder it was given. Foreign
// programs, such as etcd, do not notice by themselves that their parent is gone.

import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_INTERVAL_MS = 20;
/** Longer than SIGKILL takes; where nobody takes the end of an orphan, it never looks ended. */
const TIMEOUT_MS = 1000;

const [, , folder = ''] = process.argv;

/** @type {number[]} */
let pids = [];
// A line has all that run now. No more lines come once the one who writes them has ended.
const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  pids = line.split(' ').filter(Boolean).map(Number);
});
lines.on('close', async () => {
  const deadline = performance.now() + TIMEOUT_MS;
  while (pids.filter(isKilled).length > 0 && performance.now() < deadline)
    await sleep(POLL_INTERVAL_MS);
  rmSync(folder, { recursive: true, force: true });
});

/** Whether there was something to kill. @param {number} pid */
function isKilled(pid) {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}
