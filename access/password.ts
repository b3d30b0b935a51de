// Verifies passwords against scrypt hashes (RFC 7914). A password that is configured in clear text
// is hashed as well: checking a guess is then as slow, and takes the same time for every guess.

import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';

/** Cost 2^15, block size 8, parallelization 3: 32 MiB (OWASP's Password Storage Cheat Sheet). */
const LOG_COST = 15;
const BLOCK_SIZE = 8;
const PARALLELIZATION = 3;
const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** The limit for hashes made elsewhere: 1 GiB, far above common costs, and safe for a server. */
const MAX_MEMORY_BYTES = 2 ** 30;

// The PHC string format: https://github.com/P-H-C/phc-string-format, base64 without padding.
const PHC =
  /^\$scrypt\$ln=(?<ln>\d{1,2}),r=(?<r>\d{1,2}),p=(?<p>\d{1,2})\$(?<salt>[A-Za-z0-9+/]{11,86})\$(?<hash>[A-Za-z0-9+/]{22,86})$/;

/**
 * Whether a password is right. `bytes` is a byte string, as received from the peer. One call takes
 * a quarter of a second of one core and 32 MiB, outside the event loop.
 */
export type VerifyPassword = (bytes: string) => Promise<boolean>;

/** Hashes a password with a new salt. @returns `$scrypt$ln=15,r=8,p=3$SALT$HASH` */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(Buffer.from(password, 'utf8'), salt, HASH_BYTES, {
    N: 2 ** LOG_COST,
    r: BLOCK_SIZE,
    p: PARALLELIZATION,
  });
  const cost = `ln=${LOG_COST},r=${BLOCK_SIZE},p=${PARALLELIZATION}`;
  return `$scrypt$${cost}$${base64(salt)}$${base64(hash)}`;
}

/** Makes the verifier for a password in clear text. */
export function verifierFor(password: string): VerifyPassword {
  let verify: VerifyPassword | undefined;
  return async (bytes) => {
    // If the memory for it is missing, the next check hashes it again.
    verify ??= verifierForOwnHash(await hashPassword(password));
    return verify(bytes);
  };
}

/**
 * Makes the verifier for a hash.
 *
 * @param phc A scrypt hash in the format of `hashPassword`.
 * @returns `undefined` if the hash is invalid, or would need 1 GiB or more.
 */
export function verifierForHash(phc: string): VerifyPassword | undefined {
  const { ln, r, p, salt, hash } = PHC.exec(phc)?.groups ?? {};
  if (salt === undefined || hash === undefined) return undefined;
  const options = { N: 2 ** Number(ln), r: Number(r), p: Number(p) };
  const isValid = options.N > 1 && options.r > 0 && options.p > 0;
  if (!isValid || memoryBytes(options) >= MAX_MEMORY_BYTES) return undefined;

  const right = Buffer.from(hash, 'base64');
  const saltBytes = Buffer.from(salt, 'base64');
  return async (bytes) => {
    const password = Buffer.from(bytes, 'latin1');
    return timingSafeEqual(await derive(password, saltBytes, right.length, options), right);
  };
}

function verifierForOwnHash(hash: string): VerifyPassword {
  const verify = verifierForHash(hash);
  if (verify === undefined) throw new Error('hashPassword returned an invalid hash');
  return verify;
}

function derive(
  password: Buffer,
  salt: Buffer,
  length: number,
  options: { N: number; r: number; p: number },
): Promise<Buffer> {
  const all: ScryptOptions = { ...options, maxmem: 2 * memoryBytes(options) };
  return new Promise((resolve, reject) => {
    scrypt(password, salt, length, all, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

/** The memory that scrypt needs (RFC 7914, section 6). */
function memoryBytes({ N, r, p }: { N: number; r: number; p: number }): number {
  return 128 * r * (N + p);
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
