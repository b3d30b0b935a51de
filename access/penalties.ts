// What wrong passwords cost the source they come from (after OpenSSH's PerSourcePenalties,
// sshd_config(5)). Pure but for its memory: the time comes in with each call.

/** So many may be wrong before it costs anything; people mistype. */
export const FREE_TRIES = 3;

/** How long the first penalty bars a source; each further wrong password doubles it. */
const FIRST_PENALTY_MS = 5_000;
const LONGEST_PENALTY_MS = 600_000;

/** A source that has not tried for so long begins anew. */
const FORGET_AFTER_MS = 3_600_000;

/** The most sources remembered; beyond it, the one that tried longest ago is forgotten. */
const MAX_SOURCES = 10_000;

interface Tries {
  wrong: number;
  lastAtMs: number;
  barredUntilMs: number;
}

export class Penalties {
  /** In the order of their last try. */
  readonly #tries = new Map<string, Tries>();

  /** How many passwords of a source were wrong. */
  wrong(source: string, nowMs: number): number {
    return this.#recall(source, nowMs)?.wrong ?? 0;
  }

  /** Whether a source has to wait before it may try another. */
  isBarred(source: string, nowMs: number): boolean {
    const tries = this.#recall(source, nowMs);
    return tries !== undefined && nowMs < tries.barredUntilMs;
  }

  /** The password was wrong. */
  punish(source: string, nowMs: number): void {
    const wrong = this.wrong(source, nowMs) + 1;
    this.#tries.delete(source);
    this.#tries.set(source, {
      wrong,
      lastAtMs: nowMs,
      barredUntilMs: nowMs + penaltyMs(wrong),
    });
    this.#forgetOldest();
  }

  /** The password was right: nothing is held against the source. */
  forgive(source: string): void {
    this.#tries.delete(source);
  }

  #recall(source: string, nowMs: number): Tries | undefined {
    const tries = this.#tries.get(source);
    return tries !== undefined && nowMs < tries.lastAtMs + FORGET_AFTER_MS ? tries : undefined;
  }

  #forgetOldest(): void {
    if (this.#tries.size <= MAX_SOURCES) return;
    for (const oldest of this.#tries.keys()) {
      this.#tries.delete(oldest);
      return;
    }
  }
}

function penaltyMs(wrong: number): number {
  if (wrong < FREE_TRIES) return 0;
  return Math.min(FIRST_PENALTY_MS * 2 ** (wrong - FREE_TRIES), LONGEST_PENALTY_MS);
}
