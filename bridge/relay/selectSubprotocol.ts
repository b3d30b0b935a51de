// Selects the subprotocol of a WebSocket (RFC 6455, section 4.2.2, item 5, /subprotocol/). The bridge
// relays bytes whatever the name: it names what the target speaks, so that clients accept the session.

import type { Target } from './targets.ts';

/** Clients written for other WebSocket-to-TCP proxies, such as websockify, offer it to any target. */
const ANY_BYTES = 'binary';

/**
 * @param offered By the client. Its order is not used: the operator's is.
 * @returns The first of the target's subprotocols that is offered, or else `binary` if that is;
 *   `undefined` if none is. The handshake then succeeds without one, and a client that needs one
 *   fails the connection (RFC 6455, section 4.1).
 */
export function selectSubprotocol(
  offered: ReadonlySet<string>,
  { subprotocols = [] }: Target,
): string | undefined {
  return [...subprotocols, ANY_BYTES].find((name) => offered.has(name));
}
