// A load: sessions that are opened, used for one byte, and closed.

import { closePayload, frame, OPCODE } from '../../testing/frames.ts';
import type { Sample } from '../result.ts';
import { closedLoop } from './closedLoop.ts';
import { sendLast } from './exchange.ts';
import type { LoadConnection } from './loadConnection.ts';
import { framesCounter, type LoadTarget, openSession } from './loadTarget.ts';
import { measureRate } from './rate.ts';

const ONE_BYTE = frame({ opcode: OPCODE.binary, payload: Buffer.from('x') });
/** The bridge answers with a close frame, then closes the TCP connection. */
const CLOSE = {
  request: frame({ opcode: OPCODE.close, payload: closePayload(1000) }),
  replyBytes: 0,
};

/** @param concurrency How many sessions are open at a time. */
export function measureSessions(
  target: LoadTarget,
  concurrency: number,
  seconds: number,
): Promise<Sample> {
  return measureRate(target.pids, () => closedLoop(concurrency, seconds, () => useSession(target)));
}

async function useSession(target: LoadTarget): Promise<void> {
  const connection = await openSession(target);
  await echoOneByte(connection);
  if (target.isBridge) await sendLast(connection, CLOSE);
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
