// Where a session reads from its target. It is used again for the next read, so that nothing has to
// be allocated for what passes through at once, which is nearly everything. Before the bytes there
// is room for the head of the frame they leave in: head and bytes go out in one write.
//
// Each session needs one of its own:
// Node asks for the buffer of the next read right after the last.

/** Opcode 2 (binary) with FIN: a whole message (RFC 6455, section 5.2). */
const FINAL_BINARY = 0x82;

/** In the place of a length, it says that two bytes with the length follow. */
const LENGTH_FOLLOWS = 126;

/** FIN and opcode, the mark, and a length in two bytes. What a server sends is not masked. */
const LONGEST_HEAD_BYTES = 4;

/**
 * What one read takes at most: the largest length that fits in two bytes.
 * The kernel rarely has more.
 */
const LARGE_READ_BYTES = 0xffff;

/** What it takes where the last one took no more: most sessions say little, and many wait. */
const SMALL_READ_BYTES = 4 * 1024;

export class ReadBuffer {
  #buffer = allocate(SMALL_READ_BYTES);

  /** The buffer for the next read (`onread` of `net.connect`). */
  readonly next = (): Buffer => this.#buffer.subarray(LONGEST_HEAD_BYTES);

  /**
   * What was just read, as a WebSocket frame. It is good until the next read.
   *
   * @param bytes How many were read; at least one.
   */
  frame(bytes: number): Buffer {
    const isShort = bytes < LENGTH_FOLLOWS;
    const start = isShort ? LONGEST_HEAD_BYTES - 2 : 0;
    this.#buffer[start] = FINAL_BINARY;
    this.#buffer[start + 1] = isShort ? bytes : LENGTH_FOLLOWS;
    if (!isShort) this.#buffer.writeUInt16BE(bytes, start + 2);
    return this.#buffer.subarray(start, LONGEST_HEAD_BYTES + bytes);
  }

  /**
   * Gets ready for the next read.
   *
   * @param bytes How many were read last: the next read will be as large.
   * @param isKept Whether their frame has yet to go out: it is then good for ever.
   */
  prepare(bytes: number, isKept: boolean): void {
    const room = bytes < SMALL_READ_BYTES ? SMALL_READ_BYTES : LARGE_READ_BYTES;
    if (isKept || this.#buffer.length !== room + LONGEST_HEAD_BYTES) this.#buffer = allocate(room);
  }
}

function allocate(room: number): Buffer {
  return Buffer.allocUnsafeSlow(LONGEST_HEAD_BYTES + room);
}
