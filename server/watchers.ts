// The connections that watch the message (PROTOCOL.md, MSGWATCH).

import { setImmediate } from 'node:timers/promises';

export interface Watcher {
  /** A message was stored. */
  updated(): void;
}

/**
 * How many watchers are notified per iteration of the event loop, so that other connections are not
 * blocked.
 */
const SLICE_SIZE = 256;

export class Watchers {
  readonly #watchers = new Set<Watcher>();
  #isNotifying = false;
  #hasUpdate = false;

  add(watcher: Watcher): void {
    this.#watchers.add(watcher);
  }

  delete(watcher: Watcher): void {
    this.#watchers.delete(watcher);
  }

  /**
   * Notifies every watcher. An update during a round is part of that round, or starts another one.
   */
  notify(): void {
    this.#hasUpdate = true;
    if (!this.#isNotifying) void this.#notifyAll();
  }

  async #notifyAll(): Promise<void> {
    this.#isNotifying = true;
    while (this.#hasUpdate) {
      this.#hasUpdate = false;
      let notified = 0;
      for (const watcher of this.#watchers) {
        watcher.updated();
        if (++notified % SLICE_SIZE === 0) await setImmediate();
      }
    }
    this.#isNotifying = false;
  }
}
