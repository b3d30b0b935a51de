// Content of transfers: bytes that both ends know, so that they can compare what arrives. Each
// stream is a slice of one of two long random pools, which costs nothing to make.

import { pick, randomFrom, seed } from '../../testing/random.ts';

const BINARY_POOL_BYTES = 8 * 1024 * 1024;
const TEXT_POOL_CHARACTERS = 1024 * 1024;

/** For each length in UTF-8, its first code point, and the first after its last (RFC 3629). */
const CODE_POINTS_BY_BYTES = [
  [0x00, 0x80],
  [0x80, 0x800],
  [0xe000, 0x1_0000],
  [0x1_0000, 0x11_0000],
] as const;

const binaryPool = randomBinary(randomFrom(seed));
const textPool = Buffer.from(randomText(randomFrom(seed), TEXT_POOL_CHARACTERS));

/** Content of `bytes` bytes. Text may be a few bytes longer, so that no character is split. */
export function contentOf(bytes: number, isText: boolean, random: () => number): Buffer {
  const pool = isText ? textPool : binaryPool;
  const start = Math.floor(random() * (pool.length - bytes));
  if (!isText) return pool.subarray(start, start + bytes);
  const from = characterAt(pool, start);
  return pool.subarray(from, characterAt(pool, from + bytes));
}

/** The first position, not before `start`, at which a character begins. */
export function characterAt(text: Buffer, start: number): number {
  let at = Math.min(start, text.length);
  while (((text[at] ?? 0) & 0xc0) === 0x80) at++;
  return at;
}

/** Valid text with characters of one to four bytes. */
export function randomText(random: () => number, characters: number): string {
  let text = '';
  for (let count = 0; count < characters; count++) {
    const [first, end] = pick(CODE_POINTS_BY_BYTES, random);
    text += String.fromCodePoint(first + Math.floor(random() * (end - first)));
  }
  return text;
}

/** A separate generator, so that concurrent work cannot change its sequence. */
export function branch(random: () => number): () => number {
  return randomFrom(Math.imul(random() * 2 ** 32, 0x9e37_79b1));
}

/** A whole number from `min` to `max`, whose logarithm is uniformly distributed. */
export function randomSize(min: number, max: number, random: () => number): number {
  return Math.floor(min * (max / min) ** random());
}

/** Compares the received bytes with the expected ones. */
export class Comparison {
  readonly #expected: Buffer;
  receivedBytes = 0;
  /** The position of the first chunk that was wrong, or too long. */
  wrongAt: number | undefined;

  constructor(expected: Buffer) {
    this.#expected = expected;
  }

  receive(chunk: Buffer): void {
    const at = this.receivedBytes;
    const expected = this.#expected.subarray(at, at + chunk.length);
    if (!chunk.equals(expected)) this.wrongAt ??= at;
    this.receivedBytes += chunk.length;
  }

  get isWhole(): boolean {
    return this.wrongAt === undefined && this.receivedBytes === this.#expected.length;
  }

  /** The result, for an error message. */
  get description(): string {
    if (this.wrongAt !== undefined) return `wrong after byte ${this.wrongAt}`;
    if (this.isWhole) return 'whole';
    return `correct, but only ${this.receivedBytes} of ${this.#expected.length}`;
  }
}

function randomBinary(random: () => number): Buffer {
  const words = new Uint32Array(BINARY_POOL_BYTES / 4);
  for (let at = 0; at < words.length; at++) words[at] = random() * 2 ** 32;
  return Buffer.from(words.buffer);
}
