import { connect } from 'node:net';
import { text } from 'node:stream/consumers';

/** Sends lines to a server and half-closes. @returns Everything that it answered. */
export async function sendLines(port: number, ...lines: string[]): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.end(lines.map((line) => `${line}\n`).join(''));
  return text(socket);
}
