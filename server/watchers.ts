// The connections that watch the message (PROTOCOL.md, MSGWATCH). They are notified in rounds:
//
//   state           event            next state
//   idle            notify           notifying
//   notifying       notify           notifyingStale
//                   end of a round   idle
//   notifyingStale  notify           notifyingStale
//                   end of a round   notifying
//
// In `notifyingStale`, a message came into force that watchers notified earlier in the round may not know.

import { setImmediate } from 'node:timers/promises';

export interface Watcher {
  /** Another message came into force. */
  updated(): void;
}

/**
 * How many watchers are notified per iteration of the event loop, so that other connections are not
 * blocked.
 */
const SLICE_SIZE = 256;

type WatchersState = 'idle' | 'notifying' | 'notifyingStale';

export class Watchers {
  readonly #watchers = new Set<Watcher>();
  #state: WatchersState = 'idle';

  add(watcher: Watcher): void {
    this.#watchers.add(watcher);
  }

  delete(watcher: Watcher): void {
    this.#watchers.delete(watcher);
  }

  /** Notifies every watcher. */
  notify(): void {
    if (this.#state === 'idle') void this.#startRound();
    else this.#state = 'notifyingStale';
  }

  async #startRound(): Promise<void> {
    this.#state = 'notifying';
    await this.#notifyEach();
    this.#endRound();
  }

  #endRound(): void {
    if (this.#state === 'notifyingStale') void this.#startRound();
    else this.#state = 'idle';
  }

  async #notifyEach(): Promise<void> {
    let notified = 0;
    for (const watcher of this.#watchers) {
      watcher.updated();
      if (++notified % SLICE_SIZE === 0) await setImmediate();
    }
  }
}
