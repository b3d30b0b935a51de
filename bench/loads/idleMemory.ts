// The memory of an idle session.

import { setTimeout as pause } from 'node:timers/promises';
import { treePssBytes } from '../processes.ts';
import { type LoadTarget, openSessions } from './loadTarget.ts';

/** Fewer than a listen queue holds (websockify's holds 100). */
const OPENED_AT_A_TIME = 50;

/** How long a server may still work after a session has opened. */
const SETTLE_MS = 1_500;

/**
 * Opens `sessions` sessions and leaves them idle.
 *
 * @param target Freshly started: memory kept from earlier use would hide the cost of a session.
 * @returns The additional Pss of all its processes, in bytes per session.
 */
export async function measureIdleMemory(target: LoadTarget, sessions: number): Promise<number> {
  await pause(SETTLE_MS);
  const before = treePssBytes(target.pids);
  let closed = 0;
  const open = [];
  while (open.length < sessions) {
    const batch = await openSessions(target, Math.min(OPENED_AT_A_TIME, sessions - open.length));
    for (const connection of batch) {
      connection.onClosed = () => {
        closed += 1;
      };
    }
    open.push(...batch);
  }
  await pause(SETTLE_MS);
  const after = treePssBytes(target.pids);
  for (const connection of open) connection.destroy();
  if (closed > 0) throw new Error(`${closed} of ${sessions} idle sessions were closed`);
  return (after - before) / sessions;
}
