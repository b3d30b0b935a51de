// Everybody who watches the message (PROTOCOL.md, MSGWATCH).

import { setImmediate } from 'node:timers/promises';

export interface Watcher {
  /** A message was stored. */
  updated(): void;
}

/** How many are told in one turn of the event loop: thousands of watchers hold up nobody else. */
const SLICE = 256;

export class Watchers {
  readonly #watching = new Set<Watcher>();
  #isTelling = false;
  #hasNews = false;

  add(watcher: Watcher): void {
    this.#watching.add(watcher);
  }

  delete(watcher: Watcher): void {
    this.#watching.delete(watcher);
  }

  /**
   * Tells everybody. News that comes before all are told is told with it, or in a further round.
   */
  tell(): void {
    this.#hasNews = true;
    if (!this.#isTelling) void this.#tellAll();
  }

  async #tellAll(): Promise<void> {
    this.#isTelling = true;
    while (this.#hasNews) {
      this.#hasNews = false;
      let told = 0;
      for (const watcher of this.#watching) {
        watcher.updated();
        if (++told % SLICE === 0) await setImmediate();
      }
    }
    this.#isTelling = false;
  }
}
