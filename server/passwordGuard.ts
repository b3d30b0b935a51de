// Checks the passwords peers say: one at a time, so that guessing takes no more than one core, and
// not at all for a source that has been wrong too often. Who has been wrong least goes first: while
// many guess, an owner who mistyped nothing does not wait behind them.

import type { VerifyPassword } from './password.ts';
import { Penalties } from './penalties.ts';
import type { PasswordUse, Verdict } from './session.ts';

/** The most checks that wait for their turn. */
const MAX_WAITING = 500;

export interface Passwords {
  shutDown: VerifyPassword;
  /** What MSGSTORE asks for; without it, anybody may store. */
  store?: VerifyPassword | undefined;
}

interface Waiting {
  /** How often its source was wrong, this one included until it is known to be right. */
  wrong: number;
  check: () => Promise<boolean>;
  resolve: (verdict: Verdict) => void;
  reject: (reason: unknown) => void;
}

export class PasswordGuard {
  readonly #passwords: Passwords;
  readonly #penalties = new Penalties();
  #waiting: Waiting[] = [];
  #isChecking = false;

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
   * @returns `refused` where it was not checked: the source was wrong too often, or too many wait.
   */
  async check(source: string, use: PasswordUse, bytes: string): Promise<Verdict> {
    const verify = this.#passwords[use];
    if (verify === undefined) return 'refused';
    const wrong = this.#penalties.mayTry(source, Date.now());
    if (wrong === undefined) return 'refused';

    const verdict = await this.#inTurn(wrong, () => verify(bytes));
    if (verdict === 'right') this.#penalties.forgive(source);
    return verdict;
  }

  #inTurn(wrong: number, check: () => Promise<boolean>): Promise<Verdict> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ wrong, check, resolve, reject });
      if (this.#waiting.length > MAX_WAITING) this.#takeLast()?.resolve('refused');
      if (!this.#isChecking) void this.#checkAll();
    });
  }

  async #checkAll(): Promise<void> {
    this.#isChecking = true;
    for (let next = this.#takeFirst(); next !== undefined; next = this.#takeFirst()) {
      await next.check().then((isRight) => next.resolve(isRight ? 'right' : 'wrong'), next.reject);
    }
    this.#isChecking = false;
  }

  /** The one that was wrong least; of several, the one that came first. */
  #takeFirst(): Waiting | undefined {
    const least = Math.min(...this.#waiting.map(({ wrong }) => wrong));
    const [taken] = this.#waiting.splice(
      this.#waiting.findIndex(({ wrong }) => wrong === least),
      1,
    );
    return taken;
  }

  /** The one that was wrong most; of several, the one that came last. */
  #takeLast(): Waiting | undefined {
    const most = Math.max(...this.#waiting.map(({ wrong }) => wrong));
    const [taken] = this.#waiting.splice(
      this.#waiting.findLastIndex(({ wrong }) => wrong === most),
      1,
    );
    return taken;
  }
}
