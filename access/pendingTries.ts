// The passwords of one source whose check is pending. Per use, a source may have as many different
// ones pending as it may get wrong before it is blocked. The same password again is not a further
// guess: a browser sends it with each of the files of a page, which it loads simultaneously.

import { TRIES_BEFORE_BLOCK } from './penalties.ts';

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

  /** @returns `false` if the source has too many different passwords pending for the use. */
  add(use: Use, bytes: string): boolean {
    const counts = this.#counts.get(use) ?? new Map<string, number>();
    const count = counts.get(bytes) ?? 0;
    if (count === 0 && counts.size >= TRIES_BEFORE_BLOCK) return false;
    this.#counts.set(use, counts.set(bytes, count + 1));
    if (count === 0) this.passwordCount++;
    this.tryCount++;
    return true;
  }

  /** Removes a try that was added. */
  remove(use: Use, bytes: string): void {
    const counts = this.#counts.get(use);
    const count = counts?.get(bytes);
    if (counts === undefined || count === undefined) return;
    this.tryCount--;
    if (count > 1) {
      counts.set(bytes, count - 1);
      return;
    }
    this.passwordCount--;
    counts.delete(bytes);
    if (counts.size === 0) this.#counts.delete(use);
  }
}
