// How many connections there may be, in total and from one source.

import type { Full, Room } from './room.ts';

export interface Limits {
  /** Connections in total. */
  maxConnections: number;
  /** Connections from one source (source.ts). */
  maxConnectionsPerSource: number;
}

/** The most who are being told why they are turned away; further ones are told nothing. */
const MAX_FAREWELLS = 100;

export class ConnectionLimits implements Room {
  readonly #limits: Limits;
  readonly #bySource = new Map<string, number>();
  #total = 0;
  #farewells = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** `enter` and `arrive` at once. */
  claim(source: string): Full | undefined {
    if (!this.enter()) return 'all';
    if (this.arrive(source)) return undefined;
    this.leave();
    return 'source';
  }

  /** `depart` and `leave` at once. */
  release(source: string): void {
    this.depart(source);
    this.leave();
  }

  /** Whether no more may come in, whoever it is. */
  get isFull(): boolean {
    return this.#total >= this.#limits.maxConnections;
  }

  /** Whether no more of this source may stay. */
  isFullFor(source: string): boolean {
    return (this.#bySource.get(source) ?? 0) >= this.#limits.maxConnectionsPerSource;
  }

  /** Whether one more may be told why it is turned away. */
  get hasFarewellLeft(): boolean {
    return this.#farewells < MAX_FAREWELLS;
  }

  /** @returns Whether one more may come in, whoever it is; if so, `leave` has to follow. */
  enter(): boolean {
    if (this.isFull) return false;
    this.#total++;
    return true;
  }

  leave(): void {
    this.#total--;
  }

  /** @returns Whether one more of this source may stay; if so, `depart` has to follow. */
  arrive(source: string): boolean {
    if (this.isFullFor(source)) return false;
    this.#bySource.set(source, (this.#bySource.get(source) ?? 0) + 1);
    return true;
  }

  depart(source: string): void {
    const count = this.#bySource.get(source) ?? 0;
    if (count > 1) this.#bySource.set(source, count - 1);
    else this.#bySource.delete(source);
  }

  /**
   * @returns Whether one more may be told why it is turned away;
   *   if so, `endFarewell` has to follow.
   */
  beginFarewell(): boolean {
    if (!this.hasFarewellLeft) return false;
    this.#farewells++;
    return true;
  }

  endFarewell(): void {
    this.#farewells--;
  }
}
