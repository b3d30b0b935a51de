// WebSocket frames made by hand (RFC 6455, section 5.2),
// so that the load is not a WebSocket library's.

import { randomBytes } from 'node:crypto';

const FINAL_BINARY = 0x82;
const FINAL_CLOSE = 0x88;
const IS_MASKED = 0x80;

/** A binary frame as a browser sends it. */
export function maskedFrame(payload: Buffer): Buffer {
  const mask = randomBytes(4);
  const masked = Buffer.from(payload);
  for (const [index, byte] of payload.entries()) masked[index] = byte ^ mask.readUInt8(index % 4);
  return Buffer.concat([Buffer.from([FINAL_BINARY]), length(payload), mask, masked]);
}

/** Says that the conversation is over, and everything is well (code 1000). */
export function closeFrame(): Buffer {
  return Buffer.from([FINAL_CLOSE, IS_MASKED | 2, 0, 0, 0, 0, 1000 >> 8, 1000 & 0xff]);
}

function length({ length }: Buffer): Buffer {
  if (length < 126) return Buffer.from([IS_MASKED | length]);
  const field = Buffer.alloc(length < 65_536 ? 3 : 9);
  if (length < 65_536) {
    field.writeUInt8(IS_MASKED | 126);
    field.writeUInt16BE(length, 1);
  } else {
    field.writeUInt8(IS_MASKED | 127);
    field.writeBigUInt64BE(BigInt(length), 1);
  }
  return field;
}
