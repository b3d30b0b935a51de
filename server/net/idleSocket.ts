// Tells an idle peer from a process that stood still (SIGSTOP, a paused virtual machine).
// After a stall, timers fire before sockets are read, though the peer may have sent data meanwhile.

import type { Socket } from 'node:net';

/**
 * Calls back unless, once all sockets are read, this one has received data or its end, or its peer
 * has taken data: each of these renews the socket's timeout. To be called from a timer, such as the
 * socket's: the event loop reads sockets between timers and immediates.
 *
 * @returns What `clearImmediate` takes.
 */
export function ifStillIdle(socket: Socket, onIdle: () => void): NodeJS.Immediate {
  const { bytesRead, readableEnded, writableLength } = socket;
  return setImmediate(() => {
    const hasReceived = socket.bytesRead !== bytesRead || socket.readableEnded !== readableEnded;
    const hasTaken = socket.writableLength < writableLength;
    if (!hasReceived && !hasTaken && !socket.destroyed) onIdle();
  });
}
