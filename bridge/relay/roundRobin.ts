// Who has much to say takes turns: one of them for each round of the event loop, and everybody else
// in every round. A single read may hold ten thousand tiny messages, and take that many
// microseconds: of many who send such, all in one round would hold up everybody for seconds.

export class RoundRobin {
  readonly #waiting: (() => void)[] = [];

  /** @param goOn Called when it is the turn of who asks, in a later round. */
  wait(goOn: () => void): void {
    this.#waiting.push(goOn);
    if (this.#waiting.length === 1) setImmediate(this.#next);
  }

  readonly #next = (): void => {
    this.#waiting.shift()?.();
    if (this.#waiting.length > 0) setImmediate(this.#next);
  };
}
