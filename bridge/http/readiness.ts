// Whether all is ready that sessions need: what `/readyz` tells.

import { connectFailure } from '../../access/systemErrors.ts';
import { describeFailure } from '../relay/connectFailure.ts';
import { connectTarget } from '../relay/connectTarget.ts';
import { proxyPreamble } from '../relay/proxyHeader.ts';
import type { Target } from '../relay/targets.ts';
import { askReadyUrl } from './readyUrl.ts';

/** How long an answer holds: asking often must not become a load on who is asked. */
const HOLDS_MS = 1000;

/** How long a probe's connection may outlive its answer. */
const LINGER_MS = 1000;

export interface ReadinessOptions {
  target: Target;
  /** How long the target may take to accept, and the other address to answer. */
  connectTimeoutMs: number;
  /** Who else is asked, over plain HTTP. */
  readyUrl?: URL | undefined;
}

export class Readiness {
  readonly #target: Target;
  readonly #connectTimeoutMs: number;
  readonly #reachable: HeldAnswer;
  readonly #other: HeldAnswer;
  readonly #otherWithoutStore: HeldAnswer;

  constructor({ target, connectTimeoutMs, readyUrl }: ReadinessOptions) {
    this.#target = target;
    this.#connectTimeoutMs = connectTimeoutMs;
    this.#reachable = new HeldAnswer(() => this.#probe());
    this.#other = new HeldAnswer(async () => readyUrl && askReadyUrl(readyUrl, connectTimeoutMs));
    this.#otherWithoutStore = new HeldAnswer(
      async () => readyUrl && askReadyUrl(excludingStore(readyUrl), connectTimeoutMs),
    );
  }

  /**
   * @param excludesStore Whether the message store may be away: reading goes on without it.
   * @returns Why it is not ready; `undefined` where it is.
   */
  async check(excludesStore: boolean): Promise<string | undefined> {
    const other = excludesStore ? this.#otherWithoutStore : this.#other;
    const reasons = await Promise.all([this.#reachable.get(), other.get()]);
    return reasons.filter((reason) => reason !== undefined).join('; ') || undefined;
  }

  #probe(): Promise<string | undefined> {
    const socket = connectTarget(this.#target, { connectTimeoutMs: this.#connectTimeoutMs });
    return new Promise((resolve) => {
      socket.on('error', (error) => resolve(describeFailure(connectFailure(error), this.#target)));
      socket.once('connect', () => {
        socket.end(proxyPreamble(this.#target));
        socket.resume();
        const deadline = setTimeout(() => socket.destroy(), LINGER_MS).unref();
        socket.once('close', () => clearTimeout(deadline));
        resolve(undefined);
      });
    });
  }
}

/** As the Kubernetes API server has it (kubernetes.io, "Kubernetes API health endpoints"). */
function excludingStore(url: URL): URL {
  const excluding = new URL(url);
  excluding.searchParams.append('exclude', 'store');
  return excluding;
}

/** An answer that is asked for once, however many want it, and holds for a while. */
class HeldAnswer {
  readonly #ask: () => Promise<string | undefined>;
  #answer: Promise<string | undefined> = Promise.resolve(undefined);
  #holdsUntilMs = Number.NEGATIVE_INFINITY;

  constructor(ask: () => Promise<string | undefined>) {
    this.#ask = ask;
  }

  get(): Promise<string | undefined> {
    if (performance.now() < this.#holdsUntilMs) return this.#answer;
    this.#holdsUntilMs = Number.POSITIVE_INFINITY;
    this.#answer = this.#ask().finally(() => {
      this.#holdsUntilMs = performance.now() + HOLDS_MS;
    });
    return this.#answer;
  }
}
