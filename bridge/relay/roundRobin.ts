// Serves the sessions that send many messages round-robin: one of them per iteration of the event
// loop, while all other sessions are served in every iteration. A single read may hold ten thousand
// tiny messages, and takes about a microsecond for each. If all sessions with such reads were
// served in one iteration, every session would wait for seconds.

export class RoundRobin {
  readonly #waiting: (() => void)[] = [];

  /** @param onTurn Called in a later iteration, after the callbacks that were enqueued earlier. */
  enqueue(onTurn: () => void): void {
    this.#waiting.push(onTurn);
    if (this.#waiting.length === 1) setImmediate(this.#serveNext);
  }

  readonly #serveNext = (): void => {
    this.#waiting.shift()?.();
    if (this.#waiting.length > 0) setImmediate(this.#serveNext);
  };
}
