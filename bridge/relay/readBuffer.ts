// The buffer that a session reads into from its target. It is reused for the next read if its bytes
// were written out immediately, which is nearly always: relaying then allocates nothing. Room for
// the head of a WebSocket frame precedes the bytes, so that head and bytes leave in one write.
//
// Each session needs its own buffer. Node requests the buffer of a session's next read right after
// the last read, before more data arrives, so a shared one would be overwritten by other sessions
// while a frame is unsent.

/** Opcode 2 (binary) with FIN: a whole message in one frame (RFC 6455, section 5.2). */
const FINAL_BINARY = 0x82;

/** In place of the 7-bit length: the length is in the next two bytes. */
const LENGTH_FOLLOWS = 126;

/**
 * FIN and opcode, the 7-bit length, and the length in two bytes. A server's frames are not masked.
 */
const MAX_HEAD_BYTES = 4;

/**
 * The size of a large read: the maximum that a two-byte length can express. The kernel rarely has
 * more at a time.
 */
const LARGE_READ_BYTES = 0xffff;

/** The size of a read if the last one was no larger. */
const SMALL_READ_BYTES = 4 * 1024;

/** The size of a read until one fills it. Many sessions are open, and most are quiet. */
const FIRST_READ_BYTES = 1024;

export class ReadBuffer {
  #buffer = allocate(FIRST_READ_BYTES);

  /** The buffer for the next read (`onread` of `net.connect`). */
  readonly next = (): Buffer => this.#buffer.subarray(MAX_HEAD_BYTES);

  /**
   * Makes a WebSocket frame of what was just read. It is valid until the next read.
   *
   * @param bytes How many bytes were read; at least one.
   */
  frame(bytes: number): Buffer {
    const isShort = bytes < LENGTH_FOLLOWS;
    const start = isShort ? MAX_HEAD_BYTES - 2 : 0;
    this.#buffer[start] = FINAL_BINARY;
    this.#buffer[start + 1] = isShort ? bytes : LENGTH_FOLLOWS;
    if (!isShort) this.#buffer.writeUInt16BE(bytes, start + 2);
    return this.#buffer.subarray(start, MAX_HEAD_BYTES + bytes);
  }

  /**
   * Prepares the next read.
   *
   * @param bytes How many bytes were read last, which determines the size of the next read.
   * @param isUnsent Whether the last frame still waits to be sent: it then keeps its buffer.
   */
  prepare(bytes: number, isUnsent: boolean): void {
    const size = this.#sizeAfter(bytes);
    if (isUnsent || size !== this.#size) this.#buffer = allocate(size);
  }

  #sizeAfter(bytes: number): number {
    if (bytes >= SMALL_READ_BYTES) return LARGE_READ_BYTES;
    const stays = this.#size === FIRST_READ_BYTES && bytes < FIRST_READ_BYTES;
    return stays ? FIRST_READ_BYTES : SMALL_READ_BYTES;
  }

  get #size(): number {
    return this.#buffer.length - MAX_HEAD_BYTES;
  }
}

function allocate(size: number): Buffer {
  return Buffer.allocUnsafeSlow(MAX_HEAD_BYTES + size);
}
