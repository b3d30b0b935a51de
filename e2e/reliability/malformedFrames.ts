// Every violation of RFC 6455 that a peer can commit, with random details, and its close code.

import {
  closePayload,
  type Frame,
  frame,
  MAX_CONTROL_BYTES,
  OPCODE,
  unmaskedFrame,
} from '../../testing/frames.ts';
import { pick } from '../../testing/random.ts';
import { randomSize, randomText } from './content.ts';

/** The longest message that a bridge accepts (PROTOCOL.md). */
const MAX_MESSAGE_BYTES = 256 * 1024;

const PROTOCOL_ERROR = 1002;
const INVALID_PAYLOAD = 1007;
const MESSAGE_TOO_BIG = 1009;

export interface Violation {
  name: string;
  code: number;
  /** The bytes that the peer sends. */
  make: (random: () => number) => Buffer[];
}

const DATA = [OPCODE.text, OPCODE.binary];
const CONTROL = [OPCODE.close, OPCODE.ping, OPCODE.pong];
const RESERVED_OPCODES = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15];

export const violations: readonly Violation[] = [
  invalidFrame('a reserved bit', (random) => ({
    opcode: pick([...DATA, ...CONTROL], random),
    reserved: randomInt(1, 7, random),
    payload: text(randomInt(0, 40, random), random),
  })),
  invalidFrame('a reserved opcode', (random) => ({
    opcode: pick(RESERVED_OPCODES, random),
    isFinal: random() < 0.8,
    payload: text(randomInt(0, 40, random), random),
  })),
  {
    name: 'a frame without a mask',
    code: PROTOCOL_ERROR,
    make: (random) => [
      unmaskedFrame({
        opcode: pick([...DATA, ...CONTROL], random),
        payload: closePayload(1000, text(randomInt(0, 30, random), random)),
      }),
    ],
  },
  invalidFrame('a control frame that is too long', (random) => ({
    opcode: pick(CONTROL, random),
    payload: Buffer.alloc(randomSize(MAX_CONTROL_BYTES + 1, 100_000, random), 'x'),
  })),
  invalidFrame('a fragmented control frame', (random) => ({
    opcode: pick(CONTROL, random),
    isFinal: false,
    payload: Buffer.alloc(randomInt(0, MAX_CONTROL_BYTES, random), 'x'),
  })),
  invalidFrame('a continuation frame outside a message', (random) => ({
    opcode: OPCODE.continuation,
    isFinal: random() < 0.5,
    payload: text(randomInt(0, 40, random), random),
  })),
  {
    name: 'a new message inside a fragmented one',
    code: PROTOCOL_ERROR,
    make: (random) => [
      frame({ opcode: pick(DATA, random), isFinal: false, payload: text(9, random) }),
      ...Array.from({ length: randomInt(0, 3, random) }, () =>
        frame({ opcode: OPCODE.continuation, isFinal: false, payload: text(9, random) }),
      ),
      frame({ opcode: pick(DATA, random), isFinal: random() < 0.5, payload: text(9, random) }),
    ],
  },
  // The top bit of a 64-bit length must be 0 (section 5.2). Such a length is also over every limit,
  // so the close code is 1009.
  invalidFrame(
    'a length with its top bit set',
    (random) => ({
      opcode: pick(DATA, random),
      declaredLength: 2n ** 63n + BigInt(randomInt(0, 2 ** 31, random)),
    }),
    MESSAGE_TOO_BIG,
  ),
  invalidFrame(
    'a length over the limit, in the header only',
    (random) => ({
      opcode: pick(DATA, random),
      declaredLength: BigInt(randomSize(MAX_MESSAGE_BYTES + 1, Number.MAX_SAFE_INTEGER, random)),
    }),
    MESSAGE_TOO_BIG,
  ),
  invalidFrame(
    'a payload over the limit',
    (random) => ({
      opcode: pick(DATA, random),
      payload: Buffer.alloc(randomSize(MAX_MESSAGE_BYTES + 1, 2 * MAX_MESSAGE_BYTES, random), 'x'),
    }),
    MESSAGE_TOO_BIG,
  ),
  {
    name: 'fragments over the limit together',
    code: MESSAGE_TOO_BIG,
    make: (random) => {
      const first = randomInt(1, MAX_MESSAGE_BYTES, random);
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
    code: INVALID_PAYLOAD,
    make: (random) => [frame({ opcode: OPCODE.text, payload: invalidUtf8(random) })],
  },
  {
    name: 'fragmented text that is not UTF-8',
    code: INVALID_PAYLOAD,
    make: (random) => {
      const payload = invalidUtf8(random);
      const at = randomInt(0, payload.length, random);
      return [
        frame({ opcode: OPCODE.text, isFinal: false, payload: payload.subarray(0, at) }),
        frame({ opcode: OPCODE.continuation, payload: payload.subarray(at) }),
      ];
    },
  },
  invalidFrame('a close frame with half a code', (random) => ({
    opcode: OPCODE.close,
    payload: Buffer.from([randomInt(0, 255, random)]),
  })),
  invalidFrame('a close frame with a forbidden code', (random) => ({
    opcode: OPCODE.close,
    payload: closePayload(invalidCloseCode(random), text(randomInt(0, 20, random), random)),
  })),
  invalidFrame(
    'a close frame whose reason is not UTF-8',
    (random) => ({
      opcode: OPCODE.close,
      payload: closePayload(pick([1000, 1001, 3000, 4999], random), invalidUtf8(random)),
    }),
    INVALID_PAYLOAD,
  ),
];

function invalidFrame(
  name: string,
  make: (random: () => number) => Frame,
  code = PROTOCOL_ERROR,
): Violation {
  return { name, code, make: (random) => [frame(make(random))] };
}

/** Valid text that contains bytes that are not UTF-8 (RFC 3629). */
function invalidUtf8(random: () => number): Buffer {
  const continuation = () => 0x80 + randomInt(0, 0x3f, random);
  const invalid = pick<() => number[]>(
    [
      // A byte that begins no character: a continuation byte, or one that never occurs.
      () => [pick([continuation(), 0xc0, 0xc1, randomInt(0xf5, 0xff, random)], random)],
      // Overlong encodings.
      () => [pick([0xc0, 0xc1], random), continuation()],
      () => [0xe0, randomInt(0x80, 0x9f, random), continuation()],
      () => [0xf0, randomInt(0x80, 0x8f, random), continuation(), continuation()],
      // Half a surrogate pair.
      () => [0xed, randomInt(0xa0, 0xbf, random), continuation()],
      // Above U+10FFFF.
      () => [0xf4, randomInt(0x90, 0xbf, random), continuation(), continuation()],
      // A character that is truncated before another one.
      () => [randomInt(0xc2, 0xdf, random), 0x41],
      () => [randomInt(0xe1, 0xec, random), continuation(), 0x41],
      () => [randomInt(0xf1, 0xf3, random), continuation(), continuation(), 0x41],
    ],
    random,
  )();
  const before = text(randomInt(0, 8, random), random);
  if (random() < 0.3) {
    // A character that is truncated at the end.
    const whole = text(1, random);
    const multibyte = whole.length > 1 ? whole : Buffer.from('é');
    return Buffer.concat([before, multibyte.subarray(0, -1)]);
  }
  return Buffer.concat([before, Buffer.from(invalid), text(randomInt(0, 8, random), random)]);
}

/**
 * A code that must not be in a frame, such as 1015 (section 7.4), or that is not defined. 1012 to
 * 1014 are defined in IANA's WebSocket Close Code Number Registry.
 */
function invalidCloseCode(random: () => number): number {
  return pick(
    [
      () => randomInt(0, 999, random),
      () => pick([1004, 1005, 1006, 1015], random),
      () => randomInt(1016, 2999, random),
      () => randomInt(5000, 65_535, random),
    ],
    random,
  )();
}

function text(characters: number, random: () => number): Buffer {
  return Buffer.from(randomText(random, characters));
}

function randomInt(min: number, max: number, random: () => number): number {
  return min + Math.floor(random() * (max - min + 1));
}
