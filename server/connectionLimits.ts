// How many connections there may be, in total and from one source.

export interface Limits {
  /** Connections in total. */
  maxConnections: number;
  /** Connections from one source (source.ts). */
  maxConnectionsPerSource: number;
  /** How long a peer may say nothing and take nothing, in milliseconds; 0 for ever. */
  idleTimeoutMs: number;
}

export class ConnectionLimits {
  readonly #limits: Limits;
  readonly #bySource = new Map<string, number>();
  #total = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Whether one more may come in at all; its source may not be known yet. */
  get isFull(): boolean {
    return this.#total >= this.#limits.maxConnections;
  }

  /** One has come in. */
  enter(): void {
    this.#total++;
  }

  /** One has gone, however it did. */
  leave(): void {
    this.#total--;
  }

  /** @returns Whether one more of this source may stay; if so, `depart` has to follow. */
  arrive(source: string): boolean {
    const count = this.#bySource.get(source) ?? 0;
    if (count >= this.#limits.maxConnectionsPerSource) return false;
    this.#bySource.set(source, count + 1);
    return true;
  }

  depart(source: string): void {
    const count = this.#bySource.get(source) ?? 0;
    if (count > 1) this.#bySource.set(source, count - 1);
    else this.#bySource.delete(source);
  }
}
