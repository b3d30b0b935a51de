// Distinguishes an idle peer from a process that was suspended (SIGSTOP, a paused virtual machine).
// After a suspension, timers fire before sockets are read, although the peer may have sent data.

import type { Socket } from 'node:net';

/**
 * Calls back, unless there was activity that restarts the timeout of the socket: it received data
 * or the end of the stream, or the peer read data. Call this function from a timer, such as the
 * timeout of the socket: the event loop reads sockets between timers and immediates.
 *
 * @returns The argument for `clearImmediate`, to cancel.
 */
export function ifStillIdle(socket: Socket, onIdle: () => void): NodeJS.Immediate {
  const { bytesRead, readableEnded, writableLength } = socket;
  return setImmediate(() => {
    const hasReceived = socket.bytesRead !== bytesRead || socket.readableEnded !== readableEnded;
    const hasSent = socket.writableLength < writableLength;
    if (!hasReceived && !hasSent && !socket.destroyed) onIdle();
  });
}
