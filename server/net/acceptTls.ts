// Starts TLS on a connection that is already open, since a PROXY header precedes the handshake.

import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';

const HANDSHAKE_TIMEOUT_MS = 10_000;

/**
 * Performs the server side of the TLS handshake.
 *
 * @param bytes The bytes already read from the socket, as a byte string.
 * @returns The encrypted socket.
 * @throws Error if the handshake fails, times out, or the peer closes the connection. The socket is
 *   destroyed then.
 */
export function acceptTls(
  socket: Socket,
  secureContext: SecureContext,
  bytes: string,
): Promise<TLSSocket> {
  if (bytes !== '') socket.unshift(Buffer.from(bytes, 'latin1'));
  const secured = new TLSSocket(socket, { isServer: true, secureContext });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail(new Error('timeout')), HANDSHAKE_TIMEOUT_MS);
    const fail = (error: Error) => {
      clearTimeout(timer);
      socket.destroy();
      reject(error);
    };
    // A half-closed socket stays open until it is destroyed.
    const onPeerClosed = () => fail(new Error('the peer closed the connection'));
    secured.once('secure', () => {
      clearTimeout(timer);
      secured.off('end', onPeerClosed);
      resolve(secured);
    });
    secured.once('end', onPeerClosed);
    secured.once('close', onPeerClosed);
    secured.on('error', fail);
    // Invalid TLS records after the handshake emit no 'error' in Node, and would accumulate in
    // OpenSSL.
    secured.on('_tlsError', fail);
  });
}
