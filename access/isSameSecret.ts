import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * Compares two secrets, as byte strings. The time depends on neither content: both are hashed, and
 * the hashes are compared in constant time.
 */
export function isSameSecret(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other));
}

function digest(secret: string): Buffer {
  return createHash('sha256').update(secret, 'latin1').digest();
}
