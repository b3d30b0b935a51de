// Every violation of RFC 6455 that a peer can commit, with random details, and its close code.

import {
  closePayload,
  type Frame,
  frame,
  MAX_CONTROL_BYTES,
  OPCODE,
  unmaskedFrame,
} from '../../testing/frames.ts';
import { anySize, pick, randomText } from './content.ts';

/** The longest message that a bridge accepts (PROTOCOL.md). */
const MAX_MESSAGE_BYTES = 256 * 1024;

const PROTOCOL_ERROR = 1002;
const BAD_DATA = 1007;
const TOO_BIG = 1009;

export interface Mistake {
  name: string;
  code: number;
  /** The bytes that the peer sends. */
  make: (random: () => number) => Buffer[];
}

const DATA = [OPCODE.text, OPCODE.binary];
const CONTROL = [OPCODE.close, OPCODE.ping, OPCODE.pong];
const RESERVED_OPCODES = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15];

export const mistakes: readonly Mistake[] = [
  invalidFrame('a reserved bit', (random) => ({
    opcode: pick([...DATA, ...CONTROL], random),
    reserved: between(1, 7, random),
    payload: text(between(0, 40, random), random),
  })),
  invalidFrame('a reserved opcode', (random) => ({
    opcode: pick(RESERVED_OPCODES, random),
    isFinal: random() < 0.8,
    payload: text(between(0, 40, random), random),
  })),
  {
    name: 'a frame without a mask',
    code: PROTOCOL_ERROR,
    make: (random) => [
      unmaskedFrame({
        opcode: pick([...DATA, ...CONTROL], random),
        payload: closePayload(1000, text(between(0, 30, random), random)),
      }),
    ],
  },
  invalidFrame('a control frame that is too long', (random) => ({
    opcode: pick(CONTROL, random),
    payload: Buffer.alloc(anySize(MAX_CONTROL_BYTES + 1, 100_000, random), 'x'),
  })),
  invalidFrame('a fragmented control frame', (random) => ({
    opcode: pick(CONTROL, random),
    isFinal: false,
    payload: Buffer.alloc(between(0, MAX_CONTROL_BYTES, random), 'x'),
  })),
  invalidFrame('a continuation of nothing', (random) => ({
    opcode: OPCODE.continuation,
    isFinal: random() < 0.5,
    payload: text(between(0, 40, random), random),
  })),
  {
    name: 'a new message inside a fragmented one',
    code: PROTOCOL_ERROR,
    make: (random) => [
      frame({ opcode: pick(DATA, random), isFinal: false, payload: text(9, random) }),
      ...Array.from({ length: between(0, 3, random) }, () =>
        frame({ opcode: OPCODE.continuation, isFinal: false, payload: text(9, random) }),
      ),
      frame({ opcode: pick(DATA, random), isFinal: random() < 0.5, payload: text(9, random) }),
    ],
  },
  // The first of these bits must not be set (section 5.2), but the length is also over every limit,
  // which has a code of its own.
  invalidFrame(
    'a length with its top bit set',
    (random) => ({
      opcode: pick(DATA, random),
      claimed: 2n ** 63n + BigInt(between(0, 2 ** 31, random)),
    }),
    TOO_BIG,
  ),
  invalidFrame(
    'a length over the limit, in the header only',
    (random) => ({
      opcode: pick(DATA, random),
      claimed: BigInt(anySize(MAX_MESSAGE_BYTES + 1, Number.MAX_SAFE_INTEGER, random)),
    }),
    TOO_BIG,
  ),
  invalidFrame(
    'a payload over the limit',
    (random) => ({
      opcode: pick(DATA, random),
      payload: Buffer.alloc(anySize(MAX_MESSAGE_BYTES + 1, 2 * MAX_MESSAGE_BYTES, random), 'x'),
    }),
    TOO_BIG,
  ),
  {
    name: 'fragments over the limit together',
    code: TOO_BIG,
    make: (random) => {
      const first = between(1, MAX_MESSAGE_BYTES, random);
      return [
        frame({ opcode: OPCODE.binary, isFinal: false, payload: Buffer.alloc(first) }),
        frame({
          opcode: OPCODE.continuation,
          isFinal: random() < 0.5,
          payload: Buffer.alloc(MAX_MESSAGE_BYTES + 1 - first),
        }),
      ];
    },
  },
  {
    name: 'text that is not UTF-8',
    code: BAD_DATA,
    make: (random) => [frame({ opcode: OPCODE.text, payload: badText(random) })],
  },
  {
    name: 'fragmented text that is not UTF-8',
    code: BAD_DATA,
    make: (random) => {
      const payload = badText(random);
      const at = between(0, payload.length, random);
      return [
        frame({ opcode: OPCODE.text, isFinal: false, payload: payload.subarray(0, at) }),
        frame({ opcode: OPCODE.continuation, payload: payload.subarray(at) }),
      ];
    },
  },
  invalidFrame('a close frame with half a code', (random) => ({
    opcode: OPCODE.close,
    payload: Buffer.from([between(0, 255, random)]),
  })),
  invalidFrame('a close frame with a forbidden code', (random) => ({
    opcode: OPCODE.close,
    payload: closePayload(badCloseCode(random), text(between(0, 20, random), random)),
  })),
  invalidFrame(
    'a close frame whose reason is not UTF-8',
    (random) => ({
      opcode: OPCODE.close,
      payload: closePayload(pick([1000, 1001, 3000, 4999], random), badText(random)),
    }),
    BAD_DATA,
  ),
];

function invalidFrame(
  name: string,
  make: (random: () => number) => Frame,
  code = PROTOCOL_ERROR,
): Mistake {
  return { name, code, make: (random) => [frame(make(random))] };
}

/** Bytes that are not UTF-8 (RFC 3629), somewhere in valid text. */
function badText(random: () => number): Buffer {
  const last = () => 0x80 + between(0, 0x3f, random);
  const bad = pick<() => number[]>(
    [
      // A byte that begins no character: a continuation, or one that never occurs.
      () => [pick([last(), 0xc0, 0xc1, between(0xf5, 0xff, random)], random)],
      // Overlong encodings.
      () => [pick([0xc0, 0xc1], random), last()],
      () => [0xe0, between(0x80, 0x9f, random), last()],
      () => [0xf0, between(0x80, 0x8f, random), last(), last()],
      // Half a surrogate pair.
      () => [0xed, between(0xa0, 0xbf, random), last()],
      // Above U+10FFFF.
      () => [0xf4, between(0x90, 0xbf, random), last(), last()],
      // Cut short by another character.
      () => [between(0xc2, 0xdf, random), 0x41],
      () => [between(0xe1, 0xec, random), last(), 0x41],
      () => [between(0xf1, 0xf3, random), last(), last(), 0x41],
    ],
    random,
  )();
  const before = text(between(0, 8, random), random);
  if (random() < 0.3) {
    // Cut short by the end.
    const whole = text(1, random);
    const many = whole.length > 1 ? whole : Buffer.from('é');
    return Buffer.concat([before, many.subarray(0, -1)]);
  }
  return Buffer.concat([before, Buffer.from(bad), text(between(0, 8, random), random)]);
}

/**
 * A code that must not be in a frame (section 7.4), 1015 among them, or an undefined one. 1012 to
 * 1014 are defined in IANA's WebSocket Close Code Number Registry.
 */
function badCloseCode(random: () => number): number {
  return pick(
    [
      () => between(0, 999, random),
      () => pick([1004, 1005, 1006, 1015], random),
      () => between(1016, 2999, random),
      () => between(5000, 65_535, random),
    ],
    random,
  )();
}

function text(characters: number, random: () => number): Buffer {
  return Buffer.from(randomText(random, characters));
}

function between(least: number, most: number, random: () => number): number {
  return least + Math.floor(random() * (most - least + 1));
}
