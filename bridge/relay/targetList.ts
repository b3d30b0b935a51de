// The targets that the bridge offers now. Sessions that are open keep the target they were opened
// with; everything else asks this list again, so that replacing it needs no restart.

import type { Target } from './targets.ts';

/** The first is the default. */
export type Targets = readonly [Target, ...Target[]];

export class TargetList {
  #targets: Targets;
  readonly #listeners: (() => void)[] = [];

  constructor(targets: Targets) {
    this.#targets = targets;
  }

  get all(): Targets {
    return this.#targets;
  }

  get default(): Target {
    return this.#targets[0];
  }

  /** @param name Without one, the default target is meant. */
  find(name?: string): Target | undefined {
    if (name === undefined) return this.default;
    return this.#targets.find((target) => target.name === name);
  }

  replace(targets: Targets): void {
    this.#targets = targets;
    for (const listener of this.#listeners) listener();
  }

  /** @param listener Called after each `replace`. */
  onReplace(listener: () => void): void {
    this.#listeners.push(listener);
  }
}
