// Checks the passwords peers say: one at a time, so that guessing takes no more than one core, and
// not at all for a source that has been wrong too often. Who has been wrong least goes first: while
// many guess, an owner who mistyped nothing does not wait behind them.

import type { VerifyPassword } from './password.ts';
import { Penalties } from './penalties.ts';

/** The most checks that wait for their turn. */
const MAX_WAITING = 500;

/** `refused`: it was not checked; the source was wrong too often, or too many wait. */
export type Verdict = 'right' | 'wrong' | 'refused';

/** How the password for each use is checked; a use without one needs none. */
export type Passwords<Use extends string> = (use: Use) => VerifyPassword | undefined;

interface Waiting {
  /** Who says it, and what for: each password is guessed for itself. */
  guesser: string;
  check: () => Promise<boolean>;
  resolve: (verdict: Verdict) => void;
  reject: (reason: unknown) => void;
}

export class PasswordGuard<Use extends string> {
  readonly #passwords: Passwords<Use>;
  readonly #penalties = new Penalties();
  #waiting: Waiting[] = [];
  #isChecking = false;
  /** Whose password is being checked. */
  #underWay: string | undefined;

  constructor(passwords: Passwords<Use>) {
    this.#passwords = passwords;
  }

  /** Whether a password is asked for. */
  isGuarded(use: Use): boolean {
    return this.#passwords(use) !== undefined;
  }

  /** Whether nothing speaks against a source: it has not been wrong, and no check of its waits. */
  isUnsuspected(source: string, use: Use): boolean {
    const guesser = guesserOf(source, use);
    const isInLine = this.#waiting.some((waiting) => waiting.guesser === guesser);
    if (isInLine || this.#underWay === guesser) return false;
    return this.#penalties.wrong(guesser, performance.now()) === 0;
  }

  /**
   * Checks a password.
   *
   * @param source Who says it (source.ts).
   * @param bytes The password, as a byte string.
   */
  async check(source: string, use: Use, bytes: string): Promise<Verdict> {
    const verify = this.#passwords(use);
    const guesser = guesserOf(source, use);
    if (verify === undefined || this.#penalties.isBarred(guesser, performance.now())) {
      return 'refused';
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ guesser, check: () => verify(bytes), resolve, reject });
      if (this.#waiting.length > MAX_WAITING) this.#takeLast()?.resolve('refused');
      if (!this.#isChecking) void this.#checkAll();
    });
  }

  async #checkAll(): Promise<void> {
    this.#isChecking = true;
    for (let next = this.#takeFirst(); next !== undefined; next = this.#takeFirst()) {
      await this.#verdictOn(next).then(next.resolve, next.reject);
    }
    this.#isChecking = false;
  }

  async #verdictOn({ guesser, check }: Waiting): Promise<Verdict> {
    // What was said before it, and was wrong, counts: many at once are no way around.
    if (this.#penalties.isBarred(guesser, performance.now())) return 'refused';
    this.#underWay = guesser;
    const isRight = await check().finally(() => {
      this.#underWay = undefined;
    });
    if (isRight) this.#penalties.forgive(guesser);
    else this.#penalties.punish(guesser, performance.now());
    return isRight ? 'right' : 'wrong';
  }

  /** The one that was wrong least; of several, the one that came first. */
  #takeFirst(): Waiting | undefined {
    const wrongs = this.#wrongs();
    return this.#take(wrongs.indexOf(Math.min(...wrongs)));
  }

  /** The one that was wrong most; of several, the one that came last. */
  #takeLast(): Waiting | undefined {
    const wrongs = this.#wrongs();
    return this.#take(wrongs.lastIndexOf(Math.max(...wrongs)));
  }

  #take(index: number): Waiting | undefined {
    return this.#waiting.splice(index, 1)[0];
  }

  #wrongs(): number[] {
    const now = performance.now();
    return this.#waiting.map(({ guesser }) => this.#penalties.wrong(guesser, now));
  }
}

/** A source is one word: no two pairs read alike. */
function guesserOf(source: string, use: string): string {
  return `${use} ${source}`;
}
