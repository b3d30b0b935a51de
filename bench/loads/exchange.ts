// Sends one request on a connection, and waits for its reply.

import type { Exchange } from './dialect.ts';
import type { LoadConnection } from './loadConnection.ts';

/** @throws If anything but one reply of that length comes back. */
export function send(connection: LoadConnection, { request, replyBytes }: Exchange): Promise<void> {
  return new Promise((resolve, reject) => {
    let awaited = replyBytes;
    connection.onClosed = () => reject(new Error('the server closed the connection'));
    connection.onBytes = (bytes) => {
      awaited -= bytes.length;
      if (awaited === 0) resolve();
      if (awaited < 0) reject(new Error(`not the reply to a request: ${bytes.toString('latin1')}`));
    };
    connection.write(request);
  });
}

/** Resolves when the server has closed the connection after its reply. */
export function sendLast(connection: LoadConnection, { request }: Exchange): Promise<void> {
  return new Promise((resolve) => {
    connection.onBytes = () => {};
    connection.onClosed = resolve;
    connection.write(request);
  });
}
