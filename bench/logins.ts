// A load: hosts that people log in to. Each connects, asks for the message, and is gone.

import { LoadConnection } from './connection.ts';
import type { Endpoint } from './endpoint.ts';
import { LoadCpu } from './loadCpu.ts';
import { MSGGET } from './msgget.ts';
import { treeCpuSeconds } from './processes.ts';

export interface LoginsMeasured {
  loginsPerSecond: number;
  /** CPU time of the server for each, in microseconds. */
  cpuUs: number;
  /** The load's own, as a share of one core. */
  loadCpuShare: number;
}

/** Has so many of them there at a time, for so many seconds. */
export async function measureLogins(
  { port, pid }: Endpoint,
  atATime: number,
  seconds: number,
): Promise<LoginsMeasured> {
  const cpuBefore = treeCpuSeconds(pid);
  const cpu = new LoadCpu();
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1000;
  let logins = 0;
  const host = async () => {
    while (performance.now() < endsAt) {
      await logIn(port);
      logins += 1;
    }
  };
  await Promise.all(Array.from({ length: atATime }, host));
  const elapsedSeconds = (performance.now() - startedAt) / 1000;
  const loadCpuShare = cpu.share();
  const cpuUsed = treeCpuSeconds(pid) - cpuBefore;
  return {
    loginsPerSecond: logins / elapsedSeconds,
    cpuUs: (cpuUsed / logins) * 1e6,
    loadCpuShare,
  };
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
