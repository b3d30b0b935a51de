// Tells an idle peer from a process that stood still (SIGSTOP, a paused virtual machine).
// After a stall, timers fire before sockets are read, though the peer may have sent data meanwhile.

import type { Socket } from 'node:net';

/**
 * Calls back unless the socket has received data, or its end, once all sockets are read.
 *
 * @returns What `clearImmediate` takes.
 */
export function ifStillIdle(socket: Socket, onIdle: () => void): NodeJS.Immediate {
  const { bytesRead } = socket;
  return setImmediate(() => {
    const hasReceived = socket.bytesRead !== bytesRead || socket.readableEnded;
    if (!hasReceived && !socket.destroyed) onIdle();
  });
}
