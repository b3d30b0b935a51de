// A load: hosts that people log in to. Each connects, requests the message, and ends the session.

import type { Sample } from '../result.ts';
import { closedLoop } from './closedLoop.ts';
import type { Dialect } from './dialect.ts';
import { send, sendLast } from './exchange.ts';
import { type LoadTarget, openSession } from './loadTarget.ts';
import { measureRate } from './rate.ts';

export const CONCURRENT_LOGINS = 100;

export function measureLogins(
  target: LoadTarget,
  { get, quit }: Dialect,
  seconds: number,
): Promise<Sample> {
  const logIn = async () => {
    const connection = await openSession(target);
    await send(connection, get);
    await sendLast(connection, quit);
  };
  return measureRate(target.pids, () => closedLoop(CONCURRENT_LOGINS, seconds, logIn));
}
