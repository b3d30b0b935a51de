// A load: sessions that are opened, used for one byte, and closed, so many at a time.

import { closePayload, frame, OPCODE } from '../testing/frames.ts';
import type { LoadConnection } from './connection.ts';
import { type Endpoint, framesCounter, openSession } from './endpoint.ts';
import { LoadCpu } from './loadCpu.ts';

const ONE_BYTE = frame({ opcode: OPCODE.binary, payload: Buffer.from('x') });
const CLOSE = frame({ opcode: OPCODE.close, payload: closePayload(1000) });

export interface SessionsMeasured {
  sessionsPerSecond: number;
  /** The load's own, as a share of one core. */
  loadCpuShare: number;
}

/** Has so many sessions open at a time, each as briefly as can be, for so many seconds. */
export async function measureSessions(
  endpoint: Endpoint,
  atATime: number,
  seconds: number,
): Promise<SessionsMeasured> {
  const cpu = new LoadCpu();
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1000;
  let sessions = 0;
  const visitor = async () => {
    while (performance.now() < endsAt) {
      await visit(endpoint);
      sessions += 1;
    }
  };
  await Promise.all(Array.from({ length: atATime }, visitor));
  const elapsedSeconds = (performance.now() - startedAt) / 1000;
  return { sessionsPerSecond: sessions / elapsedSeconds, loadCpuShare: cpu.share() };
}

async function visit(endpoint: Endpoint): Promise<void> {
  const connection = await openSession(endpoint);
  await echoOneByte(connection);
  if (endpoint.isBridge) await close(connection);
  connection.destroy();
}

function echoOneByte(connection: LoadConnection): Promise<void> {
  const count = framesCounter();
  return new Promise((resolve, reject) => {
    connection.onClosed = () => reject(new Error('the server closed the connection'));
    connection.onBytes = (bytes) => {
      if (count(bytes) > 0) resolve();
    };
    connection.write(ONE_BYTE);
  });
}

/** The closing handshake, up to where the bridge, which ends first, has ended the connection. */
function close(connection: LoadConnection): Promise<void> {
  return new Promise((resolve) => {
    connection.onClosed = resolve;
    connection.write(CLOSE);
  });
}
