// The memory of an idle session.

import { setTimeout as pause } from 'node:timers/promises';
import type { LoadConnection } from './loadConnection.ts';
import { type LoadTarget, openSession } from './loadTarget.ts';
import { treePssBytes } from './processes.ts';

/** Fewer than a listen queue holds (websockify's holds 100). */
const OPENED_AT_A_TIME = 50;

/** How long a server may still work after a session has opened. */
const SETTLE_MS = 2_000;

/**
 * Opens `sessions` sessions and leaves them idle.
 *
 * @param target Freshly started: memory kept from earlier use would hide the cost of a session.
 * @returns The additional Pss of all its processes, in bytes per session.
 */
export async function measureIdleMemory(target: LoadTarget, sessions: number): Promise<number> {
  await pause(SETTLE_MS);
  const before = treePssBytes(target.pid);
  let closed = 0;
  const openOne = async () => {
    const connection = await openSession(target);
    connection.onClosed = () => {
      closed += 1;
    };
    return connection;
  };
  const open: LoadConnection[] = [];
  while (open.length < sessions) {
    const batch = Math.min(OPENED_AT_A_TIME, sessions - open.length);
    open.push(...(await Promise.all(Array.from({ length: batch }, openOne))));
  }
  await pause(SETTLE_MS);
  const after = treePssBytes(target.pid);
  for (const connection of open) connection.destroy();
  if (closed > 0) throw new Error(`${closed} of ${sessions} idle sessions were closed`);
  return (after - before) / sessions;
}
