// A deadline for everything it takes to get an answer: resolving, connecting, and every server that
// is asked before one answers.

export class Deadline {
  readonly #passed = new AbortController();
  readonly #endsAt: number;
  readonly #timer: NodeJS.Timeout;

  /** @param ms The time until the deadline passes, from now. */
  constructor(ms: number) {
    this.#endsAt = performance.now() + ms;
    this.#timer = setTimeout(() => this.#passed.abort(), ms);
  }

  /** Aborted when the deadline passes. */
  get signal(): AbortSignal {
    return this.#passed.signal;
  }

  get hasPassed(): boolean {
    return this.#passed.signal.aborted;
  }

  get remainingMs(): number {
    return Math.max(this.#endsAt - performance.now(), 0);
  }

  /** Prevents the deadline from passing. */
  cancel(): void {
    clearTimeout(this.#timer);
  }
}

/** Runs an action with a deadline, which is canceled when the action ends. */
export async function withDeadline<Result>(
  ms: number,
  act: (deadline: Deadline) => Promise<Result>,
): Promise<Result> {
  const deadline = new Deadline(ms);
  try {
    return await act(deadline);
  } finally {
    deadline.cancel();
  }
}
