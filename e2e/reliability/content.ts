// Content of transfers: bytes that both ends know, so that they can compare what arrives. Each
// stream is a slice of one of two long random pools, and so costs nothing to make.

import { randomFrom, seed } from '../../testing/random.ts';

const BINARY_POOL_BYTES = 8 * 1024 * 1024;
const TEXT_POOL_CHARACTERS = 1024 * 1024;

/**
 * The first code point of each length in UTF-8, and the first one after the last (RFC 3629, section
 * 3).
 */
const CODE_POINTS_BY_BYTES = [
  [0x00, 0x80],
  [0x80, 0x800],
  [0xe000, 0x1_0000],
  [0x1_0000, 0x11_0000],
] as const;

const binaryPool = randomBinary(randomFrom(seed));
const textPool = Buffer.from(randomText(randomFrom(seed), TEXT_POOL_CHARACTERS));

/** `bytes` bytes of content; for text a few more, so that no character is split. */
export function contentOf(bytes: number, isText: boolean, random: () => number): Buffer {
  const pool = isText ? textPool : binaryPool;
  const start = Math.floor(random() * (pool.length - bytes));
  if (!isText) return pool.subarray(start, start + bytes);
  const from = characterAt(pool, start);
  return pool.subarray(from, characterAt(pool, from + bytes));
}

/** The first position from here on at which a character begins. */
export function characterAt(text: Buffer, place: number): number {
  let at = Math.min(place, text.length);
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

export function pick<T>(all: readonly T[], random: () => number): T {
  const one = all[Math.floor(random() * all.length)];
  if (one === undefined) throw new Error('nothing to pick from');
  return one;
}

/** A whole number from `least` to `most`, with a uniformly distributed logarithm. */
export function anySize(least: number, most: number, random: () => number): number {
  return Math.floor(least * (most / least) ** random());
}

/** Compares the received bytes with the expected ones. */
export class Comparison {
  readonly #expected: Buffer;
  /** Bytes received so far. */
  at = 0;
  /** The position of the first chunk that was wrong, or too long. */
  wrongAt: number | undefined;

  constructor(expected: Buffer) {
    this.#expected = expected;
  }

  receive(chunk: Buffer): void {
    const expected = this.#expected.subarray(this.at, this.at + chunk.length);
    if (!chunk.equals(expected)) this.wrongAt ??= this.at;
    this.at += chunk.length;
  }

  get isWhole(): boolean {
    return this.wrongAt === undefined && this.at === this.#expected.length;
  }

  /** The result in words. */
  get found(): string {
    if (this.wrongAt !== undefined) return `wrong after byte ${this.wrongAt}`;
    return this.isWhole ? 'whole' : `correct, but only ${this.at} of ${this.#expected.length}`;
  }
}

function randomBinary(random: () => number): Buffer {
  const words = new Uint32Array(BINARY_POOL_BYTES / 4);
  for (let at = 0; at < words.length; at++) words[at] = random() * 2 ** 32;
  return Buffer.from(words.buffer);
}
