// What wrong passwords cost the source they come from (after OpenSSH's PerSourcePenalties,
// sshd_config(5)). Pure but for its memory: the time comes in with each call.

/** So many may be wrong before it costs anything; people mistype. */
const FREE_TRIES = 3;

/** How long the first penalty bars a source; each further wrong password doubles it. */
const FIRST_PENALTY_MS = 5_000;
const LONGEST_PENALTY_MS = 600_000;

/** A source that has not tried for so long begins anew. */
const FORGET_AFTER_MS = 3_600_000;

/** The most sources remembered; beyond it, the one that tried longest ago is forgotten. */
const MAX_SOURCES = 10_000;

interface Record {
  wrong: number;
  triedAtMs: number;
  barredUntilMs: number;
}

export class Penalties {
  /** In the order of their last try. */
  readonly #records = new Map<string, Record>();

  /**
   * A source is about to try a password. It counts as wrong until `forgive` says otherwise, so that
   * many at once are no way around.
   *
   * @returns How many were wrong, with this one; `undefined` where it may not.
   */
  mayTry(source: string, nowMs: number): number | undefined {
    const before = this.#recall(source, nowMs);
    if (before !== undefined && nowMs < before.barredUntilMs) return undefined;

    const wrong = (before?.wrong ?? 0) + 1;
    this.#records.delete(source);
    this.#records.set(source, {
      wrong,
      triedAtMs: nowMs,
      barredUntilMs: nowMs + penaltyMs(wrong),
    });
    this.#forgetOldest();
    return wrong;
  }

  /** The password was right: nothing is held against the source. */
  forgive(source: string): void {
    this.#records.delete(source);
  }

  #recall(source: string, nowMs: number): Record | undefined {
    const record = this.#records.get(source);
    return record !== undefined && nowMs < record.triedAtMs + FORGET_AFTER_MS ? record : undefined;
  }

  #forgetOldest(): void {
    if (this.#records.size <= MAX_SOURCES) return;
    for (const oldest of this.#records.keys()) {
      this.#records.delete(oldest);
      return;
    }
  }
}

function penaltyMs(wrong: number): number {
  if (wrong < FREE_TRIES) return 0;
  return Math.min(FIRST_PENALTY_MS * 2 ** (wrong - FREE_TRIES), LONGEST_PENALTY_MS);
}
