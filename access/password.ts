// Passwords, as scrypt hashes (RFC 7914). One known in clear is hashed, too: a guess is then as
// slow to check, and takes as long whatever it is.

import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';

/** Cost 2^15, block size 8, parallelization 3: 32 MiB (OWASP's Password Storage Cheat Sheet). */
const LOG_COST = 15;
const BLOCK_SIZE = 8;
const PARALLELIZATION = 3;
const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** Far above what anybody needs, and below what would take the server down: 1 GiB. */
const MAX_MEMORY_BYTES = 2 ** 30;

// The PHC string format: https://github.com/P-H-C/phc-string-format, base64 without padding.
const PHC =
  /^\$scrypt\$ln=(?<ln>\d{1,2}),r=(?<r>\d{1,2}),p=(?<p>\d{1,2})\$(?<salt>[A-Za-z0-9+/]{11,86})\$(?<hash>[A-Za-z0-9+/]{22,86})$/;

/**
 * Tells whether a password is the right one; `bytes` is a byte string, as it came from the peer.
 * It takes a quarter of a second of one core and 32 MiB, off the event loop.
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

/** Makes the check for a password that is known in clear. */
export function verifierFor(password: string): VerifyPassword {
  let verify: Promise<VerifyPassword> | undefined;
  return async (bytes) => {
    verify ??= hashPassword(password).then(ownVerifier);
    return (await verify)(bytes);
  };
}

/**
 * Makes the check for a hash.
 *
 * @param phc What `hashPassword` returned.
 * @returns `undefined` where that is no scrypt hash, or one that would take 1 GiB or more.
 */
export function verifierForHash(phc: string): VerifyPassword | undefined {
  const { ln, r, p, salt, hash } = PHC.exec(phc)?.groups ?? {};
  if (salt === undefined || hash === undefined) return undefined;
  const options = { N: 2 ** Number(ln), r: Number(r), p: Number(p) };
  const isSound = options.N > 1 && options.r > 0 && options.p > 0;
  if (!isSound || memoryBytes(options) >= MAX_MEMORY_BYTES) return undefined;

  const right = Buffer.from(hash, 'base64');
  const saltBytes = Buffer.from(salt, 'base64');
  return async (bytes) => {
    const password = Buffer.from(bytes, 'latin1');
    return timingSafeEqual(await derive(password, saltBytes, right.length, options), right);
  };
}

function ownVerifier(hash: string): VerifyPassword {
  const verify = verifierForHash(hash);
  if (verify === undefined) throw new Error('a hash of ours is none');
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

/** What scrypt needs (RFC 7914, section 6). */
function memoryBytes({ N, r, p }: { N: number; r: number; p: number }): number {
  return 128 * r * (N + p);
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
