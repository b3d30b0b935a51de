// TLS around a connection that is already open: a PROXY line may have come before the handshake.

import { once } from 'node:events';
import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';

/** How long a handshake may take. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

/**
 * Holds the server's side of the handshake.
 *
 * @param bytes What was read from the socket already, as a byte string.
 * @returns The encrypted socket.
 * @throws Where the peer speaks no TLS we accept, takes too long, or goes; the socket is closed then.
 */
export async function secure(
  socket: Socket,
  secureContext: SecureContext,
  bytes: string,
): Promise<TLSSocket> {
  if (bytes !== '') socket.unshift(Buffer.from(bytes, 'latin1'));
  const secured = new TLSSocket(socket, { isServer: true, secureContext });
  secured.on('error', () => {});
  try {
    await Promise.race([
      once(secured, 'secure', { signal: AbortSignal.timeout(HANDSHAKE_TIMEOUT_MS) }),
      once(secured, 'close').then(() => Promise.reject(new Error('the peer has gone'))),
    ]);
    return secured;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}
