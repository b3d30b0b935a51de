// The program under load: a server, our bridge in front of it, or another bridge. Connects to it.

import { upgradeRequest } from '../testing/rawWebSocket.ts';
import { LoadConnection } from './loadConnection.ts';
import { PayloadCounter } from './payloadCounter.ts';

export interface LoadTarget {
  port: number;
  /** Whether a connection starts with a WebSocket handshake. */
  isBridge: boolean;
  /** Its process; descendants of it may do the work. */
  pid: number;
}

/** Connects, and resolves once the first request may be sent. */
export async function openSession({ port, isBridge }: LoadTarget): Promise<LoadConnection> {
  const connection = await LoadConnection.open(port);
  if (isBridge) await upgrade(connection);
  return connection;
}

/** A counter of the payload bytes in the frames that come back. */
export function framesCounter(): (bytes: Buffer) => number {
  const counter = new PayloadCounter();
  return (bytes) => counter.count(bytes);
}

/** Does the WebSocket handshake (RFC 6455, section 4.1) as noVNC does. */
function upgrade(connection: LoadConnection): Promise<void> {
  return new Promise((resolve, reject) => {
    let response = '';
    connection.onClosed = () => reject(new Error(`closed instead of upgraded: ${response}`));
    connection.onBytes = (bytes) => {
      response += bytes.toString('latin1');
      if (!response.endsWith('\r\n\r\n')) return;
      if (response.startsWith('HTTP/1.1 101 ')) resolve();
      else reject(new Error(`not upgraded: ${response}`));
    };
    connection.write(Buffer.from(upgradeRequest('/ws', { 'Sec-WebSocket-Protocol': 'binary' })));
  });
}
