// Counts the payload in a stream of WebSocket frames (RFC 6455, section 5.2), split anywhere:
// bridges split and merge what they relay. Masked frames count as well, so that an echo server,
// which sends the load's own frames back, can be measured with the same load. The payload is
// skipped, so the work is per frame, not per byte.
//
// testing/frames.ts is not used here: it checks each frame, and rejects masked ones.

/** Two bytes, eight of length, four of mask. */
const MAX_HEADER = 14;

/**
 * The bit of the first byte that marks a control frame, which carries no payload of the session.
 */
const CONTROL_BIT = 0x08;

export class PayloadCounter {
  readonly #header = Buffer.alloc(MAX_HEADER);
  /** How much of the next header has arrived. */
  #headerBytes = 0;
  /** How much of this frame's payload has not arrived yet. */
  #payloadLeft = 0;

  /** @returns The number of payload bytes in this chunk, without control frames. */
  count(bytes: Buffer): number {
    let counted = 0;
    let at = 0;
    while (at < bytes.length) {
      if (this.#payloadLeft === 0) {
        this.#readHeaderByte(bytes.readUInt8(at));
        at += 1;
      } else {
        const skipped = Math.min(this.#payloadLeft, bytes.length - at);
        if (!this.#isControl()) counted += skipped;
        this.#payloadLeft -= skipped;
        at += skipped;
      }
    }
    return counted;
  }

  #readHeaderByte(byte: number): void {
    this.#header[this.#headerBytes] = byte;
    this.#headerBytes += 1;
    if (this.#headerBytes < headerLength(this.#header, this.#headerBytes)) return;
    this.#payloadLeft = payloadLength(this.#header);
    this.#headerBytes = 0;
  }

  #isControl(): boolean {
    return (this.#header.readUInt8(0) & CONTROL_BIT) !== 0;
  }
}

/** The length of the header, as far as the bytes that have arrived show it. */
function headerLength(header: Buffer, arrivedBytes: number): number {
  if (arrivedBytes < 2) return 2;
  const isMasked = (header.readUInt8(1) & 0x80) !== 0;
  return 2 + extendedLengthBytes(header) + (isMasked ? 4 : 0);
}

function extendedLengthBytes(header: Buffer): number {
  const shortLength = header.readUInt8(1) & 0x7f;
  if (shortLength < 126) return 0;
  return shortLength === 126 ? 2 : 8;
}

function payloadLength(header: Buffer): number {
  switch (extendedLengthBytes(header)) {
    case 0:
      return header.readUInt8(1) & 0x7f;
    case 2:
      return header.readUInt16BE(2);
    default:
      return Number(header.readBigUInt64BE(2));
  }
}
