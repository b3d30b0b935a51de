// WebSocket frames made by hand, so that the load is not a WebSocket library's.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';

/** Upgrades a connection to a WebSocket (RFC 6455, section 4.1). */
export async function upgrade(socket: Socket): Promise<void> {
  socket.write(
    'GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
  );
  const [answer] = await once(socket, 'data');
  if (!String(answer).startsWith('HTTP/1.1 101 ')) throw new Error(`no upgrade: ${answer}`);
}

/** A masked text frame of up to 125 bytes (RFC 6455, section 5.2). */
export function maskedFrame(payload: string): Buffer {
  const body = Buffer.from(payload);
  const mask = randomBytes(4);
  const head = Buffer.from([0x81, 0x80 | body.length]);
  return Buffer.concat([head, mask, body.map((byte, index) => byte ^ (mask[index % 4] ?? 0))]);
}

/** The length of an unmasked frame of up to 125 bytes. */
export function frameBytes(payloadBytes: number): number {
  return 2 + payloadBytes;
}
