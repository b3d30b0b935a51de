// TLS around a connection that is already open: a PROXY line may have come before the handshake.

import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';

/** How long a handshake may take. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

/**
 * Holds the server's side of the handshake.
 *
 * @param bytes What was read from the socket already, as a byte string.
 * @returns The encrypted socket.
 * @throws Where the peer speaks no TLS we accept, takes too long, or goes;
 *   the socket is closed then.
 */
export function acceptTls(
  socket: Socket,
  secureContext: SecureContext,
  bytes: string,
): Promise<TLSSocket> {
  if (bytes !== '') socket.unshift(Buffer.from(bytes, 'latin1'));
  const secured = new TLSSocket(socket, { isServer: true, secureContext });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => fail(new Error('the handshake took too long')),
      HANDSHAKE_TIMEOUT_MS,
    );
    const fail = (why: Error) => {
      clearTimeout(timer);
      socket.destroy();
      reject(why);
    };
    // A half-closed socket stays open unless somebody closes it.
    const onLeave = () => fail(new Error('the peer has gone'));
    secured.once('secure', () => {
      clearTimeout(timer);
      secured.off('end', onLeave);
      resolve(secured);
    });
    secured.once('end', onLeave);
    secured.once('close', onLeave);
    secured.on('error', fail);
    // What is no TLS after the handshake makes no 'error' in Node, and would pile up in OpenSSL.
    secured.on('_tlsError', fail);
  });
}
