// The passwords of one source whose check is pending. Per use, a source may have as many different
// ones pending as it may get wrong before it is blocked. The same password again is not a further
// guess: a browser sends it with each of the files of a page, which it loads simultaneously.

import { TRIES_BEFORE_BLOCK } from './penalties.ts';
import { createLease, type QuotaLease } from './quota.ts';

export class PendingTries<Use> {
  /** By use and password: how often it is pending. */
  readonly #counts = new Map<Use, Map<string, number>>();
  /** How many different passwords are pending, for all uses together. */
  passwordCount = 0;
  /** How many tries are pending, including repeated passwords. */
  tryCount = 0;

  has(use: Use): boolean {
    return this.#counts.has(use);
  }

  /**
   * @returns A lease, to release when the check is done; `undefined` if the source has too many
   *   different passwords pending for the use.
   */
  acquire(use: Use, bytes: string): QuotaLease | undefined {
    const counts = this.#counts.get(use) ?? new Map<string, number>();
    const count = counts.get(bytes) ?? 0;
    if (count === 0 && counts.size >= TRIES_BEFORE_BLOCK) return undefined;
    this.#counts.set(use, counts.set(bytes, count + 1));
    if (count === 0) this.passwordCount++;
    this.tryCount++;
    return createLease(() => this.#remove(use, bytes, counts));
  }

  #remove(use: Use, bytes: string, counts: Map<string, number>): void {
    this.tryCount--;
    const count = counts.get(bytes) ?? 0;
    if (count > 1) {
      counts.set(bytes, count - 1);
      return;
    }
    this.passwordCount--;
    counts.delete(bytes);
    if (counts.size === 0) this.#counts.delete(use);
  }
}
