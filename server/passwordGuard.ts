// Checks the passwords peers say: one at a time, so that guessing takes no more than one core, and
// not at all for a source that has been wrong too often.

import type { VerifyPassword } from './password.ts';
import { Penalties } from './penalties.ts';
import type { PasswordUse, Verdict } from './session.ts';

/** The most checks that wait for their turn; further ones are refused. */
const MAX_WAITING = 32;

export interface Passwords {
  shutDown: VerifyPassword;
  /** What MSGSTORE asks for; without it, anybody may store. */
  store?: VerifyPassword | undefined;
}

export class PasswordGuard {
  readonly #passwords: Passwords;
  readonly #penalties = new Penalties();
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(passwords: Passwords) {
    this.#passwords = passwords;
  }

  /** Whether MSGSTORE asks for a password. */
  get isStoreGuarded(): boolean {
    return this.#passwords.store !== undefined;
  }

  /**
   * Checks a password.
   *
   * @param source Who says it (source.ts).
   * @param bytes The password, as a byte string.
   */
  async check(source: string, use: PasswordUse, bytes: string): Promise<Verdict> {
    const verify = this.#passwords[use];
    if (verify === undefined || this.#waiting >= MAX_WAITING) return 'refused';
    if (!this.#penalties.mayTry(source, Date.now())) return 'refused';

    const isRight = await this.#inTurn(() => verify(bytes));
    if (!isRight) return 'wrong';
    this.#penalties.forgive(source);
    return 'right';
  }

  async #inTurn(check: () => Promise<boolean>): Promise<boolean> {
    this.#waiting++;
    const result = this.#last.then(check);
    this.#last = result.catch(() => {});
    try {
      return await result;
    } finally {
      this.#waiting--;
    }
  }
}
