// Checks the passwords that peers send.
//
// Goals: guessing takes no more than one core, a source that guesses is soon not checked at all, and
// a source that has not guessed is checked next, however many others do.
//
// Design: one check at a time, each for one try. The next is of the source with the fewest passwords
// wrong or pending; if too many wait, a try of the source with the most is refused. How much of that
// a source may have pending: pendingTries.ts.

import type { VerifyPassword } from './password.ts';
import { Penalties } from './penalties.ts';
import { PendingTries } from './pendingTries.ts';

/** The most tries that wait for a check, those of all sources together. */
const MAX_WAITING = 500;

/** Beside those: the one that is being checked, and one that came and is about to be refused. */
const MAX_PENDING = MAX_WAITING + 2;

/** `refused`: not checked. The source was wrong too often or has too many pending, or all have. */
export type Verdict = 'right' | 'wrong' | 'refused';

/** How the password for each use is checked; a use without one needs none. */
export type Passwords<Use extends string> = (use: Use) => VerifyPassword | undefined;

interface Try<Use> {
  use: Use;
  /** The password, as a byte string. */
  bytes: string;
  /** Who guesses, and what: each password is guessed for itself. */
  key: string;
  source: string;
  /** What its source has pending, this one included. */
  pending: PendingTries<Use>;
  resolve: (verdict: Verdict) => void;
  reject: (reason: unknown) => void;
}

export class PasswordGuard<Use extends string> {
  readonly #passwords: Passwords<Use>;
  readonly #penalties = new Penalties();
  /** By source: its tries that wait, and the one that is being checked. */
  readonly #pending = new Map<string, PendingTries<Use>>();
  /** In the order they came. */
  readonly #waiting: Try<Use>[] = [];
  #isChecking = false;

  constructor(passwords: Passwords<Use>) {
    this.#passwords = passwords;
  }

  /** Whether a password is asked for. */
  isGuarded(use: Use): boolean {
    return this.#passwords(use) !== undefined;
  }

  /** Whether nothing speaks against a source: it has not been wrong, and has no check pending. */
  hasNoStrikes(source: string, use: Use): boolean {
    if (this.#pending.get(source)?.has(use)) return false;
    return this.#penalties.wrong(penaltyKey(source, use), performance.now()) === 0;
  }

  /**
   * Checks a password.
   *
   * @param source Who sends it (source.ts).
   * @param bytes The password, as a byte string.
   */
  async check(source: string, use: Use, bytes: string): Promise<Verdict> {
    const key = penaltyKey(source, use);
    if (!this.isGuarded(use) || this.#isBarred(key)) return 'refused';
    const pending = this.#pending.get(source) ?? new PendingTries();
    if (!pending.add(use, bytes)) return 'refused';
    this.#pending.set(source, pending);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ use, bytes, key, source, pending, resolve, reject });
      if (this.#waiting.length > MAX_WAITING) this.#refuseLast();
      if (!this.#isChecking) void this.#checkAll();
    });
  }

  async #checkAll(): Promise<void> {
    this.#isChecking = true;
    for (let next = this.#takeFirst(); next !== undefined; next = this.#takeFirst()) {
      const verdict = this.#verdictOn(next);
      await verdict.catch(() => {});
      this.#isNoLongerPending(next);
      await verdict.then(next.resolve, next.reject);
    }
    this.#isChecking = false;
  }

  async #verdictOn({ use, bytes, key }: Try<Use>): Promise<Verdict> {
    // The password may be another by now, and those before this one may have been wrong.
    const verify = this.#passwords(use);
    if (verify === undefined || this.#isBarred(key)) return 'refused';
    const isRight = await verify(bytes);
    if (isRight) this.#penalties.forgive(key);
    else this.#penalties.punish(key, performance.now());
    return isRight ? 'right' : 'wrong';
  }

  /** Takes the lowest rank; of several, the one that came first. */
  #takeFirst(): Try<Use> | undefined {
    const ranks = this.#ranks();
    return this.#waiting.splice(ranks.indexOf(Math.min(...ranks)), 1)[0];
  }

  /** Refuses the highest rank; of several, the one that came last. */
  #refuseLast(): void {
    const ranks = this.#ranks();
    const [last] = this.#waiting.splice(ranks.lastIndexOf(Math.max(...ranks)), 1);
    if (last === undefined) return;
    this.#isNoLongerPending(last);
    last.resolve('refused');
  }

  /**
   * How many passwords of each one's source were wrong or may turn out to be. How often a source
   * repeats one counts only between equals: a fraction.
   */
  #ranks(): number[] {
    const now = performance.now();
    return this.#waiting.map(({ key, pending }) => {
      const wrong = this.#penalties.wrong(key, now);
      return wrong + pending.passwords + pending.tries / (MAX_PENDING + 1);
    });
  }

  #isNoLongerPending({ source, use, bytes, pending }: Try<Use>): void {
    pending.remove(use, bytes);
    if (pending.tries === 0) this.#pending.delete(source);
  }

  #isBarred(key: string): boolean {
    return this.#penalties.isBarred(key, performance.now());
  }
}

/** A source is one word: no two pairs read alike. */
function penaltyKey(source: string, use: string): string {
  return `${use} ${source}`;
}
