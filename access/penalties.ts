// How long a source is blocked after wrong passwords, similar to OpenSSH's PerSourcePenalties
// (sshd_config(5)). A source is identified by a key. Deterministic: each call passes the time.

/** The first wrong passwords have no penalty, because users make typing errors: this one has. */
export const TRIES_BEFORE_BLOCK = 3;

/** The first penalty; each further wrong password doubles it. */
const FIRST_PENALTY_MS = 5_000;
const MAX_PENALTY_MS = 600_000;

/** How long after its last wrong password the strikes of a source are forgotten. */
const FORGET_AFTER_MS = 3_600_000;

/** The maximum number of sources kept; beyond it, the one with the oldest strike is forgotten. */
const MAX_SOURCES = 10_000;

interface StrikeRecord {
  /** How many passwords were wrong. */
  strikes: number;
  lastStrikeAtMs: number;
  blockedUntilMs: number;
}

export class Penalties {
  /** In the order of their last strike. */
  readonly #records = new Map<string, StrikeRecord>();

  /** How many passwords of a source were wrong. */
  strikes(key: string, nowMs: number): number {
    return this.#recordOf(key, nowMs)?.strikes ?? 0;
  }

  /** Whether a source has to wait before its next try. */
  isBlocked(key: string, nowMs: number): boolean {
    const record = this.#recordOf(key, nowMs);
    return record !== undefined && nowMs < record.blockedUntilMs;
  }

  /** Records a wrong password. */
  addStrike(key: string, nowMs: number): void {
    const strikes = this.strikes(key, nowMs) + 1;
    this.#records.delete(key);
    this.#records.set(key, {
      strikes,
      lastStrikeAtMs: nowMs,
      blockedUntilMs: nowMs + penaltyMs(strikes),
    });
    this.#forgetOldest();
  }

  /** Forgets the strikes of a source, after a right password. */
  clear(key: string): void {
    this.#records.delete(key);
  }

  #recordOf(key: string, nowMs: number): StrikeRecord | undefined {
    const record = this.#records.get(key);
    return record !== undefined && nowMs < record.lastStrikeAtMs + FORGET_AFTER_MS
      ? record
      : undefined;
  }

  #forgetOldest(): void {
    if (this.#records.size <= MAX_SOURCES) return;
    for (const oldest of this.#records.keys()) {
      this.#records.delete(oldest);
      return;
    }
  }
}

function penaltyMs(strikes: number): number {
  if (strikes < TRIES_BEFORE_BLOCK) return 0;
  return Math.min(FIRST_PENALTY_MS * 2 ** (strikes - TRIES_BEFORE_BLOCK), MAX_PENALTY_MS);
}
