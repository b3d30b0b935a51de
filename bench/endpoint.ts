// Who is asked: a server, a bridge in front of it, or another's bridge; and how one talks to it.

import { randomBytes } from 'node:crypto';
import { LoadConnection } from './connection.ts';
import { PayloadCounter } from './payloadCounter.ts';

export interface Endpoint {
  port: number;
  /** Whether it is to be asked for a WebSocket first. */
  isBridge: boolean;
  /** Its process, and the one whose children do its work. */
  pid: number;
}

/** Connects, up to where the first request may be sent. */
export async function openSession({ port, isBridge }: Endpoint): Promise<LoadConnection> {
  const connection = await LoadConnection.open(port);
  if (isBridge) await upgrade(connection);
  return connection;
}

/** What counts the bytes that are an answer, in all that comes back from frames that were sent. */
export function framesCounter(): (bytes: Buffer) => number {
  const counter = new PayloadCounter();
  return (bytes) => counter.count(bytes);
}

/** Asks for a WebSocket (RFC 6455, section 4.1) as noVNC and its kin do, and awaits the answer. */
function upgrade(connection: LoadConnection): Promise<void> {
  return new Promise((resolve, reject) => {
    let answer = '';
    connection.onClosed = () => reject(new Error(`no upgrade, but the end: ${answer}`));
    connection.onBytes = (bytes) => {
      answer += bytes.toString('latin1');
      if (!answer.endsWith('\r\n\r\n')) return;
      if (answer.startsWith('HTTP/1.1 101 ')) resolve();
      else reject(new Error(`no upgrade: ${answer}`));
    };
    connection.write(
      Buffer.from(
        'GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
          'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: binary\r\n' +
          `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
      ),
    );
  });
}
