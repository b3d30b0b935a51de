// The memory of an idle session.

import { setTimeout as pause } from 'node:timers/promises';
import type { LoadConnection } from './loadConnection.ts';
import { type LoadTarget, openSession } from './loadTarget.ts';
import { treePssBytes } from './processes.ts';

/** Fewer than a listen queue holds (websockify's holds 100). */
const OPENED_AT_A_TIME = 50;

/** How long a server may still work after a session has opened, before it counts as idle. */
const SETTLE_MS = 2_000;

/**
 * Opens so many sessions and leaves them idle.
 *
 * @param endpoint Freshly started: memory it kept from earlier use would hide the cost of a session.
 * @returns Pss of all its processes per session, in bytes, without what it has before the first session.
 */
export async function measureIdleMemory(endpoint: LoadTarget, sessions: number): Promise<number> {
  await pause(SETTLE_MS);
  const before = treePssBytes(endpoint.pid);
  let closed = 0;
  const openOne = async () => {
    const connection = await openSession(endpoint);
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
  const after = treePssBytes(endpoint.pid);
  for (const connection of open) connection.destroy();
  if (closed > 0) throw new Error(`${closed} of ${sessions} idle sessions were closed`);
  return (after - before) / sessions;
}
