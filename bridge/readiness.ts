// Whether a target can be reached: what `/readyz` tells.

import { connectFailure, wordsFor } from './connectFailure.ts';
import { connectTarget } from './connectTarget.ts';
import { UNKNOWN } from './proxyLine.ts';
import type { Target } from './targets.ts';

/** How long an answer holds: asking often must not become a load on the target. */
const HOLDS_MS = 1000;

/** How long a probe's connection may outlive its answer. */
const LINGER_MS = 1000;

export class Readiness {
  readonly #target: Target;
  readonly #connectTimeoutMs: number;
  #answer: Promise<string | undefined> = Promise.resolve(undefined);
  #holdsUntilMs = Number.NEGATIVE_INFINITY;

  constructor(target: Target, connectTimeoutMs: number) {
    this.#target = target;
    this.#connectTimeoutMs = connectTimeoutMs;
  }

  /** @returns Why the target cannot be reached; `undefined` where it can. */
  check(): Promise<string | undefined> {
    if (performance.now() < this.#holdsUntilMs) return this.#answer;
    this.#holdsUntilMs = Number.POSITIVE_INFINITY;
    this.#answer = this.#probe().finally(() => {
      this.#holdsUntilMs = performance.now() + HOLDS_MS;
    });
    return this.#answer;
  }

  #probe(): Promise<string | undefined> {
    const socket = connectTarget(this.#target, { connectTimeoutMs: this.#connectTimeoutMs });
    return new Promise((resolve) => {
      socket.on('error', (error) => resolve(wordsFor(connectFailure(error), this.#target)));
      socket.once('connect', () => {
        socket.end(this.#target.expectsProxyLine ? UNKNOWN : '');
        socket.resume();
        const deadline = setTimeout(() => socket.destroy(), LINGER_MS).unref();
        socket.once('close', () => clearTimeout(deadline));
        resolve(undefined);
      });
    });
  }
}
