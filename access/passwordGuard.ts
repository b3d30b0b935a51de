// Checks the passwords that peers send.
//
// Operations: `check` compares a password with the one for its use, and returns a result. A check
// costs a quarter of a second of CPU time (password.ts).
//
// Goals:
// - Guessing uses no more than one core.
// - A source that guesses soon gets no checks at all (penalties.ts).
// - A source that has sent no wrong password is checked next, however many others are guessing.
//
// Design: one check at a time, for one try. The next try is taken from the source with the fewest
// passwords that were wrong or are pending. If too many tries wait, a try of the source with the
// most is rejected. pendingTries.ts limits how many passwords one source may have pending.
//
// The states of a try. It holds a lease on the pending tries of its source until it is resolved.
//
//   state      event                                  next
//   waiting    its rank is the lowest                 checking
//   waiting    too many wait; its rank is the highest resolved: notChecked
//   checking   its source is blocked by now           resolved: notChecked
//   checking   its password is verified               resolved: right or wrong

import type { VerifyPassword } from './password.ts';
import type { PasswordResult } from './passwordResult.pure.ts';
import { Penalties } from './penalties.ts';
import { PendingTries } from './pendingTries.ts';
import type { QuotaLease } from './quota.ts';

/** The maximum number of tries that wait for a check, of all sources together. */
const MAX_WAITING = 500;

/**
 * The maximum number of pending tries: `MAX_WAITING`, plus the one being checked and the one about
 * to be rejected.
 */
const MAX_PENDING = MAX_WAITING + 2;

/** How to verify the password for each use; `undefined` if the use requires no password. */
export type Passwords<Use extends string> = (use: Use) => VerifyPassword | undefined;

interface Try<Use> {
  use: Use;
  /** The password, as a byte string. */
  bytes: string;
  /** The key of the penalties: the password of each use has penalties of its own. */
  key: string;
  source: string;
  /** All pending tries of the source, including this one. */
  pending: PendingTries<Use>;
  lease: QuotaLease;
  resolve: (result: PasswordResult) => void;
  reject: (reason: unknown) => void;
}

/** What a peer's session needs: a `PasswordGuard`, or calls to that of another process. */
export type PasswordChecker<Use extends string> = Pick<PasswordGuard<Use>, 'isGuarded' | 'check'>;

export class PasswordGuard<Use extends string> {
  readonly #passwords: Passwords<Use>;
  readonly #penalties = new Penalties();
  /** By source: the tries that wait or are being checked. */
  readonly #pending = new Map<string, PendingTries<Use>>();
  /** In order of arrival. */
  readonly #waiting: Try<Use>[] = [];
  #isChecking = false;

  constructor(passwords: Passwords<Use>) {
    this.#passwords = passwords;
  }

  /** Whether a use requires a password. */
  isGuarded(use: Use): boolean {
    return this.#passwords(use) !== undefined;
  }

  /** Whether a source has sent no wrong password for a use, and has none pending for it. */
  hasNoStrikes(source: string, use: Use): boolean {
    if (this.#pending.get(source)?.has(use)) return false;
    return this.#penalties.strikes(penaltyKey(source, use), performance.now()) === 0;
  }

  /**
   * Checks a password.
   *
   * @param source Where the password comes from (source.ts).
   * @param bytes The password, as a byte string.
   */
  async check(source: string, use: Use, bytes: string): Promise<PasswordResult> {
    const key = penaltyKey(source, use);
    if (!this.isGuarded(use) || this.#isBlocked(key)) return 'notChecked';
    const pending = this.#pending.get(source) ?? new PendingTries();
    const lease = pending.acquire(use, bytes);
    if (lease === undefined) return 'notChecked';
    this.#pending.set(source, pending);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ use, bytes, key, source, pending, lease, resolve, reject });
      if (this.#waiting.length > MAX_WAITING) this.#rejectOne();
      if (!this.#isChecking) void this.#checkAll();
    });
  }

  async #checkAll(): Promise<void> {
    this.#isChecking = true;
    for (let next = this.#takeNext(); next !== undefined; next = this.#takeNext()) {
      const checking = this.#checkNow(next);
      await checking.catch(() => {});
      // Before the caller is notified: its next try must not count this one as pending.
      this.#release(next);
      await checking.then(next.resolve, next.reject);
    }
    this.#isChecking = false;
  }

  async #checkNow({ use, bytes, key }: Try<Use>): Promise<PasswordResult> {
    // While the try waited, the password may have been replaced, and the source blocked.
    const verify = this.#passwords(use);
    if (verify === undefined || this.#isBlocked(key)) return 'notChecked';
    const isRight = await verify(bytes);
    if (isRight) this.#penalties.clear(key);
    else this.#penalties.addStrike(key, performance.now());
    return isRight ? 'right' : 'wrong';
  }

  /** Takes the try with the lowest rank; of several, the one that came first. */
  #takeNext(): Try<Use> | undefined {
    const ranks = this.#ranks();
    return this.#waiting.splice(ranks.indexOf(Math.min(...ranks)), 1)[0];
  }

  /** Rejects the try with the highest rank; of several, the one that came last. */
  #rejectOne(): void {
    const ranks = this.#ranks();
    const [rejected] = this.#waiting.splice(ranks.lastIndexOf(Math.max(...ranks)), 1);
    if (rejected === undefined) return;
    this.#release(rejected);
    rejected.resolve('notChecked');
  }

  /**
   * The rank of each waiting try: how many passwords of its source were wrong or are pending. How
   * often the source repeats a password only decides between equal ranks, as a fraction.
   */
  #ranks(): number[] {
    const now = performance.now();
    return this.#waiting.map(({ key, pending }) => {
      const strikes = this.#penalties.strikes(key, now);
      return strikes + pending.passwordCount + pending.tryCount / (MAX_PENDING + 1);
    });
  }

  #release({ source, pending, lease }: Try<Use>): void {
    lease.release();
    if (pending.tryCount === 0) this.#pending.delete(source);
  }

  #isBlocked(key: string): boolean {
    return this.#penalties.isBlocked(key, performance.now());
  }
}

/** Unique for each pair, because a source contains no space. */
function penaltyKey(source: string, use: string): string {
  return `${use} ${source}`;
}
