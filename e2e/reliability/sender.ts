// One end of a transfer: it sends its content in pieces, with pauses, and reads with pauses.

import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { frame, OPCODE } from '../../testing/frames.ts';
import { anySize } from './content.ts';

/** Turns of the event loop without room in the socket, after which a sender counts as blocked. */
const BLOCKED_TURNS = 50;

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
   * @param isOver Whether nothing more may be sent; called between frames.
   */
  async send(
    pieces: Iterable<Piece>,
    random: () => number,
    send: (piece: Piece) => boolean,
    isOver: () => boolean = () => false,
  ): Promise<void> {
    let isBetween = true;
    for (const piece of pieces) {
      if (this.#socket.destroyed || (isBetween && isOver())) break;
      if (!send(piece)) await this.#room();
      isBetween = piece.endsFrame;
      if (random() < 0.03) await eventLoopTurns(anySize(1, 30, random));
    }
    this.isDone = true;
  }

  /** Resolves once it is blocked, or has sent everything. */
  async waitUntilBlocked(): Promise<void> {
    let blockedTurns = 0;
    while (!this.isDone && !this.#socket.destroyed && blockedTurns < BLOCKED_TURNS) {
      await setImmediate();
      blockedTurns = this.#socket.writableNeedDrain ? blockedTurns + 1 : 0;
    }
  }

  #room(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#socket.off('drain', done).off('close', done);
        resolve();
      };
      this.#socket.on('drain', done).on('close', done);
      if (this.#socket.destroyed) done();
    });
  }
}

/** Pauses reading at random positions: for some turns, or until the other end is blocked. */
export class PausingReader {
  readonly #socket: Socket;
  readonly #other: Sender;
  readonly #random: () => number;
  #places: number[];

  constructor(socket: Socket, other: Sender, places: number[], random: () => number) {
    this.#socket = socket;
    this.#other = other;
    this.#places = places.sort((a, b) => a - b);
    this.#random = random;
  }

  /** Call it with the number of bytes read so far. */
  readTo(place: number): void {
    const [next] = this.#places;
    if (next === undefined || place < next) return;
    this.#places = this.#places.filter((later) => later > place);
    void this.#pause();
  }

  async #pause(): Promise<void> {
    this.#socket.pause();
    if (this.#random() < 0.5) await this.#other.waitUntilBlocked();
    else await eventLoopTurns(anySize(1, 300, this.#random));
    this.#socket.resume();
  }
}

export async function eventLoopTurns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await setImmediate();
}

/** Splits bytes at random positions. */
export function* splitRandomly(
  bytes: Buffer,
  maxBytes: number,
  random: () => number,
): Generator<Buffer> {
  let at = 0;
  while (at < bytes.length) {
    const to = Math.min(bytes.length, at + anySize(1, maxBytes, random));
    yield bytes.subarray(at, to);
    at = to;
  }
}

/** One message as frames: in one or in fragments, with pings between them. */
export function* framesOf(payload: Buffer, isText: boolean, random: () => number) {
  const fragments = random() < 0.7 ? 1 : anySize(1, MAX_FRAGMENTS, random);
  let at = 0;
  for (let index = 0; index < fragments; index++) {
    if (random() < 0.02) yield ping(random);
    const isFinal = index === fragments - 1;
    const to = isFinal ? payload.length : at + Math.floor(random() * (payload.length - at + 1));
    const first = isText ? OPCODE.text : OPCODE.binary;
    const opcode = index === 0 ? first : OPCODE.continuation;
    yield frame({ opcode, isFinal, payload: payload.subarray(at, to), mask: anyMask(random) });
    at = to;
  }
}

/** The same frames, some joined, some split, most unchanged: as TCP may deliver them. */
export function* resegmented(frames: Iterable<Buffer>, random: () => number): Generator<Piece> {
  const manner = random();
  const together: Buffer[] = [];
  for (const bytes of frames) {
    if (manner < 0.3 && random() < 0.8) together.push(bytes);
    else if (manner > 0.6 && bytes.length > 1 && random() < 0.3) yield* inTwo(bytes, random);
    else yield { bytes: Buffer.concat([...together.splice(0), bytes]), endsFrame: true };
  }
  yield { bytes: Buffer.concat(together), endsFrame: true };
}

function* inTwo(bytes: Buffer, random: () => number): Generator<Piece> {
  // Often inside the header.
  const at = random() < 0.5 ? 1 : 1 + Math.floor(random() * (bytes.length - 1));
  yield { bytes: bytes.subarray(0, at), endsFrame: false };
  yield { bytes: bytes.subarray(at), endsFrame: true };
}

function ping(random: () => number): Buffer {
  const payload = Buffer.alloc(Math.floor(random() * 126), Math.floor(random() * 256));
  return frame({ opcode: OPCODE.ping, payload, mask: anyMask(random) });
}

function anyMask(random: () => number): Buffer {
  const mask = Buffer.alloc(4);
  // All zero is a valid mask.
  if (random() < 0.95) mask.writeUInt32BE(Math.floor(random() * 2 ** 32));
  return mask;
}
