// WebSocket frames (RFC 6455, section 5): writes those of a client, valid or not, and reads those
// of a server, which must be valid.

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** The longest payload of a control frame, in bytes (section 5.5). */
export const MAX_CONTROL_BYTES = 125;

const NONE = Buffer.alloc(0);

/** The length in the second byte if the real one is in the next two or eight bytes. */
const LENGTH_16 = 126;
const LENGTH_64 = 127;

export interface Frame {
  opcode: number;
  payload?: Buffer;
  isFinal?: boolean;
  /** The bits RSV1 (4), RSV2 (2) and RSV3 (1). */
  reserved?: number;
  /** Four bytes; `undefined` for a frame without a mask. */
  mask?: Buffer | undefined;
  /** The payload length in the header; by default, that of `payload`. */
  declaredLength?: bigint;
}

/** A frame as a client sends it. Nothing is checked: a test may need an invalid one. */
export function frame({
  opcode,
  payload = NONE,
  isFinal = true,
  reserved = 0,
  mask = Buffer.from([0x37, 0xfa, 0x21, 0x3d]),
  declaredLength = BigInt(payload.length),
}: Frame): Buffer {
  const first = (isFinal ? 0x80 : 0) | (reserved << 4) | opcode;
  return Buffer.concat([
    Buffer.from([first]),
    lengthBytes(declaredLength),
    mask,
    masked(payload, mask),
  ]);
}

/** A frame without a mask, which only a server may send. */
export function unmaskedFrame(invalid: Frame): Buffer {
  const bytes = frame({ ...invalid, mask: NONE });
  bytes.writeUInt8(bytes.readUInt8(1) & 0x7f, 1);
  return bytes;
}

/** The payload of a close frame. */
export function closePayload(code: number, reason: string | Buffer = ''): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(code);
  return Buffer.concat([bytes, Buffer.from(reason)]);
}

function lengthBytes(length: bigint): Buffer {
  if (length < LENGTH_16) return Buffer.from([0x80 | Number(length)]);
  if (length <= 0xffff) {
    return Buffer.from([0x80 | LENGTH_16, Number(length >> 8n), Number(length & 0xffn)]);
  }
  const bytes = Buffer.alloc(9);
  bytes.writeUInt8(0x80 | LENGTH_64);
  bytes.writeBigUInt64BE(length, 1);
  return bytes;
}

function masked(payload: Buffer, mask: Buffer): Buffer {
  if (mask.length === 0) return payload;
  const bytes = Buffer.allocUnsafe(payload.length);
  for (let at = 0; at < payload.length; at++) {
    bytes[at] = (payload[at] ?? 0) ^ (mask[at & 3] ?? 0);
  }
  return bytes;
}

export interface FrameListener {
  /** Called with the payload of binary messages, as it arrives. */
  onData(chunk: Buffer): void;
  onControl(opcode: number, payload: Buffer): void;
}

/** Reads what a bridge sends, and throws at a frame that a bridge must not send. */
export class FrameReader {
  readonly #listener: FrameListener;
  #head: Buffer = NONE;
  #opcode = 0;
  /** How much of the payload has not arrived yet; `undefined` between frames. */
  #remaining: number | undefined;
  #control: Buffer[] = [];
  #isInMessage = false;

  constructor(listener: FrameListener) {
    this.#listener = listener;
  }

  push(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0) {
      rest = this.#remaining === undefined ? this.#takeHead(rest) : this.#takePayload(rest);
    }
  }

  #takeHead(chunk: Buffer): Buffer {
    const bytes = this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk]);
    const headBytes = 2 + extraLengthBytes(bytes);
    if (bytes.length < headBytes) {
      this.#head = bytes;
      return NONE;
    }
    this.#head = NONE;
    this.#begin(bytes.readUInt8(0), payloadBytes(bytes));
    return bytes.subarray(headBytes);
  }

  #begin(first: number, length: number): void {
    const isFinal = (first & 0x80) !== 0;
    this.#opcode = first & 0x0f;
    this.#remaining = length;
    if ((first & 0x70) !== 0) throw new Error('a reserved bit is set');
    if (this.#opcode >= OPCODE.close) {
      if (!isFinal || length > MAX_CONTROL_BYTES) throw new Error('not a control frame');
    } else {
      const expected = this.#isInMessage ? OPCODE.continuation : OPCODE.binary;
      if (this.#opcode !== expected) throw new Error(`opcode ${this.#opcode}, not ${expected}`);
      this.#isInMessage = !isFinal;
    }
    if (length === 0) this.#finish();
  }

  #takePayload(chunk: Buffer): Buffer {
    const part = chunk.subarray(0, this.#remaining);
    this.#remaining = (this.#remaining ?? 0) - part.length;
    if (this.#opcode >= OPCODE.close) this.#control.push(part);
    else this.#listener.onData(part);
    if (this.#remaining === 0) this.#finish();
    return chunk.subarray(part.length);
  }

  #finish(): void {
    this.#remaining = undefined;
    if (this.#opcode < OPCODE.close) return;
    this.#listener.onControl(this.#opcode, Buffer.concat(this.#control.splice(0)));
  }
}

function extraLengthBytes(head: Buffer): number {
  const length = head[1] ?? 0;
  if (length > LENGTH_64) throw new Error('a masked frame');
  if (length === LENGTH_64) return 8;
  return length === LENGTH_16 ? 2 : 0;
}

function payloadBytes(head: Buffer): number {
  const length = head.readUInt8(1);
  if (length < LENGTH_16) return length;
  const long = length === LENGTH_16 ? head.readUInt16BE(2) : Number(head.readBigUInt64BE(2));
  if (long < LENGTH_16 || (length === LENGTH_64 && long <= 0xffff)) {
    throw new Error(`a length of ${long} in more bytes than it needs`);
  }
  return long;
}
