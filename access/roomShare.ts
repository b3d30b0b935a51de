// A room as one of several sees it who may end without a word: what it had is known, and given back.

import type { ConnectionLimits } from './connectionLimits.ts';
import type { Full, Room } from './room.ts';

export class RoomShare implements Room {
  readonly #room: ConnectionLimits;
  readonly #bySource = new Map<string, number>();

  constructor(room: ConnectionLimits) {
    this.#room = room;
  }

  claim(source: string): Full | undefined {
    const full = this.#room.claim(source);
    if (full === undefined) this.#bySource.set(source, (this.#bySource.get(source) ?? 0) + 1);
    return full;
  }

  release(source: string): void {
    const count = this.#bySource.get(source) ?? 0;
    if (count > 1) this.#bySource.set(source, count - 1);
    else this.#bySource.delete(source);
    this.#room.release(source);
  }

  /** Gives everything back. */
  releaseAll(): void {
    for (const [source, count] of this.#bySource) {
      for (let left = count; left > 0; left--) this.#room.release(source);
    }
    this.#bySource.clear();
  }
}
