// How many requests one HTTP connection may make before it has taken the answers. Node reads all
// requests of a chunk at once, thousands if they are small, and keeps an answer for each.

import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';

/** Browsers wait for each answer (RFC 9112, section 9.3.2 allows more); proxies do, too. */
export const MAX_UNANSWERED = 16;

/**
 * Closes a connection that makes one request too many.
 *
 * @param listener Takes the others.
 * @param onRefusal Called once for each connection that is closed.
 */
export function limitUnanswered(
  listener: RequestListener,
  onRefusal: () => void = () => {},
): RequestListener {
  const unanswered = new WeakMap<Socket, number>();
  return (request, response) => {
    const { socket } = request;
    // Node goes on with what it has read.
    if (socket.destroyed) return;
    const count = (unanswered.get(socket) ?? 0) + 1;
    if (count > MAX_UNANSWERED) {
      onRefusal();
      socket.destroy();
      return;
    }
    unanswered.set(socket, count);
    response.once('close', () => unanswered.set(socket, (unanswered.get(socket) ?? 1) - 1));
    listener(request, response);
  };
}
