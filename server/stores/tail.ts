// The newest values of a sequence, numbered from 1. A slow reader keeps the number of its next
// value, not a copy of the sequence, so a thousand slow readers cost no memory.

export class Tail<Value> {
  readonly #limit: number;
  readonly #values: Value[] = [];
  #first = 1;

  /** @param limit How many values are kept, at least 1; the oldest are dropped. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The number of the oldest value kept. */
  get first(): number {
    return this.#first;
  }

  /** The number of the newest value; `first - 1` if there is none. */
  get last(): number {
    return this.#first + this.#values.length - 1;
  }

  /** @returns The value with a number; `undefined` if it was dropped, or is not added yet. */
  at(number: number): Value | undefined {
    return this.#values[number - this.#first];
  }

  /** @returns The value that was dropped, if one was. */
  add(value: Value): Value | undefined {
    this.#values.push(value);
    if (this.#values.length <= this.#limit) return undefined;
    this.#first++;
    return this.#values.shift();
  }

  /** @param number That of a value that is kept. */
  replace(number: number, value: Value): void {
    this.#values[number - this.#first] = value;
  }

  /** Drops all values. @param number That of the next value. */
  restartAt(number: number): void {
    this.#first = number;
    this.#values.length = 0;
  }
}
