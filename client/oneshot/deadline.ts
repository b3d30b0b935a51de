// The time somebody allows for an answer, all that it takes counted: looking up, connecting, each
// server that is asked in vain.

export class Deadline {
  readonly #late = new AbortController();
  readonly #endsAt: number;
  readonly #timer: NodeJS.Timeout;

  /** @param ms It begins to run at once. */
  constructor(ms: number) {
    this.#endsAt = performance.now() + ms;
    this.#timer = setTimeout(() => this.#late.abort(), ms);
  }

  /** Aborted when it has run out. */
  get signal(): AbortSignal {
    return this.#late.signal;
  }

  get hasRunOut(): boolean {
    return this.#late.signal.aborted;
  }

  get leftMs(): number {
    return Math.max(this.#endsAt - performance.now(), 0);
  }

  /** What was to be done in time is done: it never runs out now. */
  stop(): void {
    clearTimeout(this.#timer);
  }
}

/** Does something that may take so long, and no longer than it takes. */
export async function withDeadline<Result>(
  ms: number,
  act: (time: Deadline) => Promise<Result>,
): Promise<Result> {
  const time = new Deadline(ms);
  try {
    return await act(time);
  } finally {
    time.stop();
  }
}
