// Checks that a server answers: one that is full or stopped may still accept connections.

import type { ServerConnection } from '../connect.ts';
import { MessageReader } from '../replies/messageReader.ts';
import { ReplyLines } from './lineClient.ts';
import { ClosedError, rejectedError } from './replyErrors.ts';

/**
 * Requests the message of the day.
 *
 * @param socket A connection, just opened. It is left paused for another reader, with everything
 *   that was received on it read.
 * @throws RejectedError if the server sends another reply; the connection's own error.
 */
export function probeServer(socket: ServerConnection): Promise<void> {
  return new Promise((resolve, reject) => {
    const lines = new ReplyLines();
    const reader = new MessageReader();
    let hasSentLine = false;
    const readReply = (chunk: Buffer): boolean => {
      lines.push(chunk);
      for (let line = lines.next(); line !== undefined; line = lines.next()) {
        hasSentLine = true;
        const result = reader.receiveLine(line);
        if (result?.is === 'rejected') throw rejectedError(result.reply);
        if (result?.is === 'message') return true;
      }
      return false;
    };
    const onData = (chunk: Buffer) => {
      try {
        if (!readReply(chunk)) return;
        socket.pause();
        socket.off('data', onData);
        socket.off('end', onEnd);
        resolve();
      } catch (error) {
        reject(error);
      }
    };
    const onEnd = () => reject(new ClosedError({ hasSentLine, receivedBytes: socket.bytesRead }));
    socket.on('data', onData);
    socket.on('end', onEnd);
    // Do not remove this listener: an aborted connection emits an error, and there may be no other.
    socket.on('error', reject);
    socket.write('MSGGET\n');
  });
}
