// Which stored messages a watcher has been sent (PROTOCOL.md, MSGWATCH).
//
//   state       event                                        next state
//   up to date  a message is stored                          behind
//   behind      `take` of an older message                   behind
//               `take` of the newest                         up to date
//               `skipToNewest`, after the peer was blocked   behind by one message
//
// The state is one number beside the history: how many watchers there are, and how slow they are,
// costs no memory.

import type { ServedMessages } from './stores/store.ts';

export class WatchCursor {
  readonly #store: ServedMessages;
  /** The number of the last entry of the history that was sent. */
  #lastSent: number;

  /** Up to date: the watcher is sent the message in force first. */
  constructor(store: ServedMessages) {
    this.#store = store;
    this.#lastSent = store.history.last;
  }

  /** Whether there is an entry to send. */
  get isBehind(): boolean {
    return this.#lastSent < this.#store.history.last;
  }

  /** @returns The number of the next entry to send; `undefined` if it is up to date. */
  take(): number | undefined {
    if (!this.isBehind) return undefined;
    this.#lastSent++;
    return this.#lastSent;
  }

  /** Leaves out all entries but the newest. */
  skipToNewest(): void {
    this.#lastSent = Math.max(this.#lastSent, this.#store.history.last - 1);
  }
}
