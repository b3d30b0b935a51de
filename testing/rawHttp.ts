// HTTP requests and responses as bytes, for requests that no HTTP client would send.

import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';

const HEAD_END = '\r\n\r\n';

/** The head of a response, and the bytes that came after it. Leaves the socket paused. */
export function responseHead(socket: Socket): Promise<{ head: string; rest: Buffer }> {
  return new Promise((resolve, reject) => {
    let bytes: Buffer = Buffer.alloc(0);
    const onNoResponse = () => reject(new Error(`no response, only '${bytes.toString('latin1')}'`));
    const onData = (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      const end = bytes.indexOf(HEAD_END);
      if (end < 0) return;
      socket.pause();
      socket.off('data', onData).off('end', onNoResponse).off('close', onNoResponse);
      const head = bytes.toString('latin1', 0, end);
      resolve({ head, rest: bytes.subarray(end + HEAD_END.length) });
    };
    socket.on('data', onData).on('end', onNoResponse).on('close', onNoResponse);
  });
}

/**
 * The bytes of a request, after whose response the connection is closed.
 *
 * @param lines Further lines of the head, each with its CRLF.
 */
export function getRequest(path: string, host = 'localhost', lines = ''): string {
  return `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${lines}Connection: close\r\n\r\n`;
}

/** Sends bytes on a new connection. @returns Everything that is received until its end. */
export function responseTo(port: number, bytes: string | Buffer): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port });
  socket.on('error', () => {});
  socket.write(bytes);
  return text(socket);
}

/** Sends a request on a new connection. @returns The status code. */
export async function statusOf(port: number, request: string): Promise<number> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  socket.on('error', () => {});
  socket.write(request);
  const { head } = await responseHead(socket);
  socket.destroy();
  return Number(head.split(' ', 2)[1]);
}
