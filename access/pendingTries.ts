// The passwords of one source that are not known yet to be right or wrong. It may have as many
// different ones for one use as it may get wrong for free. The same one again is no further guess: a
// page loads its files all at once.

import { FREE_TRIES } from './penalties.ts';

export class PendingTries<Use> {
  /** How often each password is pending, by what it is for. */
  readonly #counts = new Map<Use, Map<string, number>>();
  /** How many different ones are pending, for all uses together. */
  passwords = 0;
  /** The same, each as often as it was sent. */
  tries = 0;

  has(use: Use): boolean {
    return this.#counts.has(use);
  }

  /** @returns `false` if that would be too many. */
  add(use: Use, bytes: string): boolean {
    const counts = this.#counts.get(use) ?? new Map<string, number>();
    const count = counts.get(bytes) ?? 0;
    if (count === 0 && counts.size >= FREE_TRIES) return false;
    this.#counts.set(use, counts.set(bytes, count + 1));
    if (count === 0) this.passwords++;
    this.tries++;
    return true;
  }

  /** Takes one away that was added. */
  remove(use: Use, bytes: string): void {
    const counts = this.#counts.get(use);
    const count = counts?.get(bytes);
    if (counts === undefined || count === undefined) return;
    this.tries--;
    if (count > 1) {
      counts.set(bytes, count - 1);
      return;
    }
    this.passwords--;
    counts.delete(bytes);
    if (counts.size === 0) this.#counts.delete(use);
  }
}
