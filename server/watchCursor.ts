// Which messages a watcher has been sent (PROTOCOL.md, MSGWATCH).
//
//   state       event                                        next state
//   up to date  a message comes into force                   behind
//   behind      `take` of an older message                   behind
//               `take` of the newest                         up to date
//               `skipToNewest`, after the peer was blocked   behind by one message
//
// The state is one number beside the changes: how many watchers there are, and how slow they are,
// costs no memory.

import type { Tail } from './stores/tail.ts';

export class WatchCursor {
  readonly #changes: Tail<string>;
  /** The number of the last change that was sent. */
  #lastSent: number;

  /**
   * Up to date: the watcher is sent the message in force first.
   *
   * @param changes The messages that came into force.
   */
  constructor(changes: Tail<string>) {
    this.#changes = changes;
    this.#lastSent = changes.last;
  }

  /** Whether there is a message to send. */
  get isBehind(): boolean {
    return this.#lastSent < this.#changes.last;
  }

  /** @returns The number of the next change to send; `undefined` if it is up to date. */
  take(): number | undefined {
    if (!this.isBehind) return undefined;
    this.#lastSent++;
    return this.#lastSent;
  }

  /** Leaves out all changes but the newest. */
  skipToNewest(): void {
    this.#lastSent = Math.max(this.#lastSent, this.#changes.last - 1);
  }
}
