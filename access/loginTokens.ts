// Tokens that prove that a user has recently sent the right password, for requests in which a
// browser does not send it. Tokens are signed, so that issued ones need not be stored. Only revoked
// ones are stored, until they would have expired.

import { createHmac, randomBytes } from 'node:crypto';
import { isSameSecret } from './isSameSecret.ts';

/** How long a token is valid. */
export const TOKEN_LIFETIME_MS = 10 * 60 * 1000;

const NONCE_BYTES = 12;
const KEY_BYTES = 32;

/** EXPIRY.NONCE.USER.SIGNATURE, in characters that a cookie may hold (RFC 6265, section 4.1.1). */
const TOKEN =
  /^(?<signed>(?<expiry>[a-z0-9]{1,12})\.(?<nonce>[\w-]{16})\.(?<name>[\w-]+))\.(?<signature>[\w-]{43})$/;

interface Claims {
  user: string;
  /**
   * On the clock of `performance.now()`, so that a change of the system clock does not extend it.
   */
  expiresAtMs: number;
  nonce: string;
}

export class LoginTokens {
  #key = randomBytes(KEY_BYTES);
  /** The expiry of each revoked token, by nonce; roughly in the order of expiry. */
  readonly #revoked = new Map<string, number>();

  /**
   * Issues a token.
   *
   * @param scope Where it is valid, such as a host and a path; it is invalid anywhere else.
   */
  issue(user: string, scope: string): string {
    const expiry = Math.floor(performance.now() + TOKEN_LIFETIME_MS).toString(36);
    const nonce = randomBytes(NONCE_BYTES).toString('base64url');
    const signed = `${expiry}.${nonce}.${Buffer.from(user, 'utf8').toString('base64url')}`;
    return `${signed}.${this.#sign(signed, scope)}`;
  }

  /**
   * @returns The user a token was issued to; `undefined` if it is expired or not valid in the
   *   scope.
   */
  userOf(token: string, scope: string): string | undefined {
    return this.#claimsOf(token, scope)?.user;
  }

  /** Revokes a token; an invalid one is ignored. */
  revoke(token: string, scope: string): void {
    const claims = this.#claimsOf(token, scope);
    if (claims === undefined) return;
    this.#forgetExpired();
    this.#revoked.set(claims.nonce, claims.expiresAtMs);
  }

  /** Revokes every token issued so far. */
  revokeAll(): void {
    this.#key = randomBytes(KEY_BYTES);
    this.#revoked.clear();
  }

  #claimsOf(token: string, scope: string): Claims | undefined {
    const groups = TOKEN.exec(token)?.groups;
    if (groups === undefined) return undefined;
    const { signed = '', expiry = '', nonce = '', name = '', signature = '' } = groups;
    if (!isSameSecret(signature, this.#sign(signed, scope))) return undefined;
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
