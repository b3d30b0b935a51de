// Whether a server answers: one that is full, or stopped, may well accept a connection.

import type { Socket } from 'node:net';
import { LineReader, TOO_LONG } from '../../protocol/lines.ts';
import { escapeControls } from '../../protocol/plainText.ts';
import { REPLY } from '../../protocol/replies.ts';
import { decodeForDisplay } from '../../protocol/utf8.ts';
import {
  ClosedError,
  MAX_REPLY_LINE_BYTES,
  quoted,
  REPLY_LINE_TOO_LONG,
  RefusedError,
} from './oneshot.ts';

/**
 * Asks for the message of the day.
 *
 * @param socket A connection, just opened. It is left paused, with all that was said on it read,
 *   for somebody else to talk over.
 * @throws RefusedError where the answer is another one; the connection's own error.
 */
export function probeServer(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    const reader = new LineReader(MAX_REPLY_LINE_BYTES);
    const lines: (string | typeof TOO_LONG)[] = [];
    const onData = (chunk: Buffer) => {
      reader.push(chunk.toString('latin1'));
      for (let line = reader.next(); line !== undefined; line = reader.next()) lines.push(line);
      const [reply, message] = lines;
      if (reply !== undefined && reply !== REPLY.ok) reject(refused(reply));
      if (message === undefined) return;
      socket.pause();
      socket.off('data', onData);
      socket.off('end', onEnd);
      resolve();
    };
    const onEnd = () =>
      reject(new ClosedError({ hadSpoken: lines.length > 0, receivedBytes: socket.bytesRead }));
    socket.on('data', onData);
    socket.on('end', onEnd);
    // Stays: one that is given up is closed with an error, and then nobody else listens.
    socket.on('error', reject);
    socket.write('MSGGET\n');
  });
}

function refused(reply: string | typeof TOO_LONG): RefusedError {
  if (reply === TOO_LONG) return new RefusedError(REPLY_LINE_TOO_LONG);
  return new RefusedError(quoted(escapeControls(decodeForDisplay(reply))));
}
