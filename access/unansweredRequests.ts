// Limits the unanswered requests of one HTTP connection. Node parses all pipelined requests of a
// chunk in one go, which may be thousands, and keeps a response in memory for each.

import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Browsers and proxies wait for each response, although RFC 9112, section 9.3.2, allows pipelining.
 */
export const MAX_UNANSWERED = 16;

export interface UnansweredLimitOptions {
  /** Called for each connection that is closed because of its unanswered requests. */
  onRejection?: () => void;
  /**
   * Whether the server has a listener for 'upgrade'. Without one, Node treats a request that offers
   * an upgrade like any other: Java's HTTP client and `curl --http2` offer HTTP/2 (RFC 7540,
   * section 3.2).
   */
  acceptsUpgrades?: boolean;
}

/**
 * Makes a server close a connection with too many unanswered requests, and one that requests an
 * upgrade while requests are unanswered.
 *
 * @param listener Handles all other requests.
 */
export function limitUnanswered(
  server: Pick<Server, 'on' | 'prependListener'>,
  listener: RequestListener,
  { onRejection = () => {}, acceptsUpgrades = false }: UnansweredLimitOptions = {},
): void {
  const unanswered = new WeakMap<Socket, number>();
  const isAllowed = ({ socket }: IncomingMessage, response: ServerResponse): boolean => {
    // Node continues with the requests it has already read.
    if (socket.destroyed) return false;
    const count = (unanswered.get(socket) ?? 0) + 1;
    if (count > MAX_UNANSWERED) {
      onRejection();
      socket.destroy();
      return false;
    }
    unanswered.set(socket, count);
    response.once('close', () => unanswered.set(socket, (unanswered.get(socket) ?? 1) - 1));
    return true;
  };
  if (acceptsUpgrades) {
    // Until the earlier responses are read, nothing would read the upgraded socket, or answer the
    // upgrade.
    server.prependListener('upgrade', ({ socket }: IncomingMessage) => {
      if ((unanswered.get(socket) ?? 0) > 0) socket.destroy();
    });
  }
  server.on('request', (request, response) => {
    if (isAllowed(request, response)) listener(request, response);
  });
  // Node would answer requests with an unknown expectation itself, uncounted (RFC 9110, section
  // 10.1.1).
  server.on('checkExpectation', (request, response) => {
    if (isAllowed(request, response)) response.writeHead(417, { connection: 'close' }).end();
  });
}
