// One end of a transfer: it sends its content in pieces, with pauses, and reads with pauses.

import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { frame, OPCODE } from '../../testing/frames.ts';
import { randomSize } from './content.ts';

/** A sender is blocked if its socket has no room for this many iterations of the event loop. */
const BLOCKED_ITERATIONS = 50;

const MAX_FRAGMENTS = 8;

export interface Piece {
  bytes: Buffer;
  /** Whether a frame ends with this piece, so that another frame may follow. */
  endsFrame: boolean;
}

/** Sends pieces as long as there is room, and detects when it is blocked. */
export class Sender {
  isDone = false;
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /**
   * Resolves once everything is sent, or the connection has closed.
   *
   * @param send Sends a piece, and returns whether there is room for more.
   * @param mustStop Whether nothing more may be sent; called between frames.
   */
  async send(
    pieces: Iterable<Piece>,
    random: () => number,
    send: (piece: Piece) => boolean,
    mustStop: () => boolean = () => false,
  ): Promise<void> {
    let isBetweenFrames = true;
    for (const piece of pieces) {
      if (this.#socket.destroyed || (isBetweenFrames && mustStop())) break;
      if (!send(piece)) await drained(this.#socket);
      isBetweenFrames = piece.endsFrame;
      if (random() < 0.03) await eventLoopIterations(randomSize(1, 30, random));
    }
    this.isDone = true;
  }

  /** Resolves once it is blocked, or has sent everything. */
  async waitUntilBlocked(): Promise<void> {
    let blockedIterations = 0;
    while (!this.isDone && !this.#socket.destroyed && blockedIterations < BLOCKED_ITERATIONS) {
      await setImmediate();
      blockedIterations = this.#socket.writableNeedDrain ? blockedIterations + 1 : 0;
    }
  }
}

/**
 * Pauses reading at given positions: for some iterations of the event loop, or until the sender is
 * blocked.
 */
export class PausingReader {
  readonly #socket: Socket;
  readonly #sender: Sender;
  readonly #random: () => number;
  #positions: number[];

  constructor(socket: Socket, sender: Sender, positions: number[], random: () => number) {
    this.#socket = socket;
    this.#sender = sender;
    this.#positions = positions.sort((a, b) => a - b);
    this.#random = random;
  }

  /** Pauses if the number of bytes read so far has reached the next position. */
  onProgress(readBytes: number): void {
    const [next] = this.#positions;
    if (next === undefined || readBytes < next) return;
    this.#positions = this.#positions.filter((position) => position > readBytes);
    void this.#pause();
  }

  async #pause(): Promise<void> {
    this.#socket.pause();
    if (this.#random() < 0.5) await this.#sender.waitUntilBlocked();
    else await eventLoopIterations(randomSize(1, 300, this.#random));
    this.#socket.resume();
  }
}

/** Resolves once a socket has room again, or has closed. */
export function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      socket.off('drain', done).off('close', done);
      resolve();
    };
    socket.on('drain', done).on('close', done);
    if (socket.destroyed) done();
  });
}

/** Resolves after a number of iterations of the event loop. */
export async function eventLoopIterations(count: number): Promise<void> {
  for (let done = 0; done < count; done++) await setImmediate();
}

/** Splits bytes at random positions. */
export function* splitRandomly(
  bytes: Buffer,
  maxBytes: number,
  random: () => number,
): Generator<Buffer> {
  let at = 0;
  while (at < bytes.length) {
    const to = Math.min(bytes.length, at + randomSize(1, maxBytes, random));
    yield bytes.subarray(at, to);
    at = to;
  }
}

/** The frames of a message: one frame or several fragments, with pings between them. */
export function* framesOf(payload: Buffer, isText: boolean, random: () => number) {
  const fragments = random() < 0.7 ? 1 : randomSize(1, MAX_FRAGMENTS, random);
  let at = 0;
  for (let index = 0; index < fragments; index++) {
    if (random() < 0.02) yield ping(random);
    const isFinal = index === fragments - 1;
    const to = isFinal ? payload.length : at + Math.floor(random() * (payload.length - at + 1));
    const first = isText ? OPCODE.text : OPCODE.binary;
    const opcode = index === 0 ? first : OPCODE.continuation;
    yield frame({ opcode, isFinal, payload: payload.subarray(at, to), mask: randomMask(random) });
    at = to;
  }
}

/** Joins some frames, splits some, and leaves most unchanged, as TCP may deliver them. */
export function* resegment(frames: Iterable<Buffer>, random: () => number): Generator<Piece> {
  const choice = random();
  const joined: Buffer[] = [];
  for (const bytes of frames) {
    if (choice < 0.3 && random() < 0.8) joined.push(bytes);
    else if (choice > 0.6 && bytes.length > 1 && random() < 0.3) yield* splitInTwo(bytes, random);
    else yield { bytes: Buffer.concat([...joined.splice(0), bytes]), endsFrame: true };
  }
  yield { bytes: Buffer.concat(joined), endsFrame: true };
}

function* splitInTwo(bytes: Buffer, random: () => number): Generator<Piece> {
  // Often inside the header.
  const at = random() < 0.5 ? 1 : 1 + Math.floor(random() * (bytes.length - 1));
  yield { bytes: bytes.subarray(0, at), endsFrame: false };
  yield { bytes: bytes.subarray(at), endsFrame: true };
}

function ping(random: () => number): Buffer {
  const payload = Buffer.alloc(Math.floor(random() * 126), Math.floor(random() * 256));
  return frame({ opcode: OPCODE.ping, payload, mask: randomMask(random) });
}

function randomMask(random: () => number): Buffer {
  const mask = Buffer.alloc(4);
  // A mask may be zero.
  if (random() < 0.95) mask.writeUInt32BE(Math.floor(random() * 2 ** 32));
  return mask;
}
