// A load: hosts that people log in to. Each connects, requests the message, and disconnects.

import { closedLoop } from './closedLoop.ts';
import { LoadConnection } from './loadConnection.ts';
import type { LoadTarget } from './loadTarget.ts';
import { MSGGET } from './msgget.ts';
import { treeCpuSeconds } from './processes.ts';

export interface LoginsMeasured {
  loginsPerSecond: number;
  /** CPU time of the server for each, in microseconds. */
  cpuUs: number;
  /** The CPU time of the load generator, as a share of one core. */
  loadCpuShare: number;
}

export async function measureLogins(
  { port, pid }: LoadTarget,
  concurrency: number,
  seconds: number,
): Promise<LoginsMeasured> {
  const cpuBefore = treeCpuSeconds(pid);
  const { perSecond, count, loadCpuShare } = await closedLoop(concurrency, seconds, () =>
    logIn(port),
  );
  const cpuUsed = treeCpuSeconds(pid) - cpuBefore;
  return { loginsPerSecond: perSecond, cpuUs: (cpuUsed / count) * 1e6, loadCpuShare };
}

async function logIn(port: number): Promise<void> {
  const connection = await LoadConnection.open(port);
  await new Promise<void>((resolve, reject) => {
    let awaited = MSGGET.replyBytes;
    connection.onClosed = () => reject(new Error('the server closed the connection'));
    connection.onBytes = (bytes) => {
      awaited -= bytes.length;
      if (awaited === 0) resolve();
    };
    connection.write(MSGGET.request);
  });
  connection.destroy();
}
