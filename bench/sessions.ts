// A load: sessions that are opened, used for one byte, and closed.

import { closePayload, frame, OPCODE } from '../testing/frames.ts';
import { closedLoop } from './closedLoop.ts';
import type { LoadConnection } from './loadConnection.ts';
import { framesCounter, type LoadTarget, openSession } from './loadTarget.ts';

const ONE_BYTE = frame({ opcode: OPCODE.binary, payload: Buffer.from('x') });
const CLOSE = frame({ opcode: OPCODE.close, payload: closePayload(1000) });

export interface SessionsMeasured {
  sessionsPerSecond: number;
  /** The CPU time of the load generator, as a share of one core. */
  loadCpuShare: number;
}

/** @param concurrency How many sessions are open at a time. */
export async function measureSessions(
  target: LoadTarget,
  concurrency: number,
  seconds: number,
): Promise<SessionsMeasured> {
  const { perSecond, loadCpuShare } = await closedLoop(concurrency, seconds, () =>
    useSession(target),
  );
  return { sessionsPerSecond: perSecond, loadCpuShare };
}

async function useSession(target: LoadTarget): Promise<void> {
  const connection = await openSession(target);
  await echoOneByte(connection);
  if (target.isBridge) await close(connection);
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

/** Does the closing handshake. Resolves when the bridge closes the TCP connection. */
function close(connection: LoadConnection): Promise<void> {
  return new Promise((resolve) => {
    connection.onClosed = resolve;
    connection.write(CLOSE);
  });
}
