// Checks the shutdown password.

import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * Tells whether a password is the right one; `bytes` is a byte string, as it came from the peer.
 * Asynchronous, because a slow hash has to run off the event loop.
 */
export type VerifyPassword = (bytes: string) => Promise<boolean>;

/** Makes the check for a password that is known in clear. Takes the same time for every guess. */
export function verifierFor(password: string): VerifyPassword {
  const right = digest(Buffer.from(password, 'utf8'));
  return async (bytes) => timingSafeEqual(digest(Buffer.from(bytes, 'latin1')), right);
}

// Digests have one length, which timingSafeEqual needs and which hides that of the password.
function digest(password: Buffer): Buffer {
  return createHash('sha256').update(password).digest();
}
