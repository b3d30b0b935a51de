// How many requests one HTTP connection may make before it has taken the answers. Node reads all
// requests of a chunk at once, thousands if they are small, and keeps an answer for each.

import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Browsers wait for each answer (RFC 9112, section 9.3.2 allows more); proxies do, too. */
export const MAX_UNANSWERED = 16;

export interface UnansweredOptions {
  /** Called once for each connection that is closed. */
  onRejection?: () => void;
  /**
   * Whether the server has a listener of its own for 'upgrade'. Without any, Node answers a request that
   * offers one like any other: Java's HTTP client and `curl --http2` offer HTTP/2 (RFC 7540, section 3.2).
   */
  takesUpgrades?: boolean;
}

/**
 * Has a server answer requests, and close a connection that makes one too many, or asks for an upgrade
 * before it has the answers.
 *
 * @param listener Takes the others.
 */
export function limitUnanswered(
  server: Pick<Server, 'on' | 'prependListener'>,
  listener: RequestListener,
  { onRejection = () => {}, takesUpgrades = false }: UnansweredOptions = {},
): void {
  const unanswered = new WeakMap<Socket, number>();
  const isAdmitted = ({ socket }: IncomingMessage, response: ServerResponse): boolean => {
    // Node goes on with what it has read.
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
  if (takesUpgrades) {
    // Nothing would read from its socket any more, nor answer it, until those before it are read.
    server.prependListener('upgrade', ({ socket }: IncomingMessage) => {
      if ((unanswered.get(socket) ?? 0) > 0) socket.destroy();
    });
  }
  server.on('request', (request, response) => {
    if (isAdmitted(request, response)) listener(request, response);
  });
  // Node would answer these by itself, uncounted (RFC 9110, section 10.1.1).
  server.on('checkExpectation', (request, response) => {
    if (isAdmitted(request, response)) response.writeHead(417, { connection: 'close' }).end();
  });
}
