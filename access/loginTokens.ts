// Proof that a user gave the right password a moment ago, for the requests on which a browser leaves
// the password out. A token is signed, so that nothing has to be kept for those that were issued;
// only those that were revoked are kept, for as long as they would have been valid.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** How long a token is valid. */
export const TOKEN_LIFETIME_MS = 10 * 60 * 1000;

const NONCE_BYTES = 12;
const KEY_BYTES = 32;

/** EXPIRY.NONCE.USER.SIGNATURE, in characters that a cookie may hold (RFC 6265, section 4.1.1). */
const TOKEN =
  /^(?<signed>(?<expiry>[a-z0-9]{1,12})\.(?<nonce>[\w-]{16})\.(?<name>[\w-]+))\.(?<signature>[\w-]{43})$/;

interface Claims {
  user: string;
  /** On the clock of `performance.now()`: no change of the system's time makes a token last longer. */
  expiresAtMs: number;
  nonce: string;
}

export class LoginTokens {
  #key = randomBytes(KEY_BYTES);
  /** When each of them expires, by its nonce. The oldest is first, for all are valid equally long. */
  readonly #revoked = new Map<string, number>();

  /**
   * Makes a token.
   *
   * @param scope Where alone it is valid, such as a host and a path.
   */
  issue(user: string, scope: string): string {
    const expiry = Math.floor(performance.now() + TOKEN_LIFETIME_MS).toString(36);
    const nonce = randomBytes(NONCE_BYTES).toString('base64url');
    const signed = `${expiry}.${nonce}.${Buffer.from(user, 'utf8').toString('base64url')}`;
    return `${signed}.${this.#sign(signed, scope)}`;
  }

  /** @returns The user a token was issued to; `undefined` if it is not valid here and now. */
  userOf(token: string, scope: string): string | undefined {
    return this.#claimsOf(token, scope)?.user;
  }

  /** Makes a valid token invalid. */
  revoke(token: string, scope: string): void {
    const claims = this.#claimsOf(token, scope);
    if (claims === undefined) return;
    this.#forgetExpired();
    this.#revoked.set(claims.nonce, claims.expiresAtMs);
  }

  /** Makes every token invalid that was issued so far. */
  revokeAll(): void {
    this.#key = randomBytes(KEY_BYTES);
    this.#revoked.clear();
  }

  #claimsOf(token: string, scope: string): Claims | undefined {
    const groups = TOKEN.exec(token)?.groups;
    if (groups === undefined) return undefined;
    const { signed = '', expiry = '', nonce = '', name = '', signature = '' } = groups;
    if (!isSame(signature, this.#sign(signed, scope))) return undefined;
    const expiresAtMs = Number.parseInt(expiry, 36);
    if (performance.now() >= expiresAtMs || this.#revoked.has(nonce)) return undefined;
    return { user: Buffer.from(name, 'base64url').toString('utf8'), expiresAtMs, nonce };
  }

  #sign(text: string, scope: string): string {
    return createHmac('sha256', this.#key).update(`${scope}\n${text}`).digest('base64url');
  }

  #forgetExpired(): void {
    for (const [nonce, expiresAtMs] of this.#revoked) {
      if (expiresAtMs > performance.now()) return;
      this.#revoked.delete(nonce);
    }
  }
}

/** Two signatures, in a time that does not depend on what differs. */
function isSame(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}
