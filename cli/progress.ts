// Shows on a terminal how far something has come that takes more than a second.

/** Most things are done sooner. */
const DELAY_MS = 1000;
const INTERVAL_MS = 100;

/** Returns to the start of the line, and clears it (ECMA-48, EL). */
const CLEAR_LINE = '\r\x1b[K';

/** A terminal, or a file or pipe, which gets nothing. */
export interface ProgressOutput {
  isTTY?: boolean;
  write(text: string): unknown;
}

export class Progress {
  readonly #title: string;
  readonly #output: ProgressOutput;
  readonly #isShown: boolean;
  #nextAtMs = performance.now() + DELAY_MS;
  #hasLine = false;

  /** @param title What is done: `Opening the store`. */
  constructor(title: string, output: ProgressOutput = process.stderr) {
    this.#title = title;
    this.#output = output;
    this.#isShown = output.isTTY === true && process.env['TERM'] !== 'dumb';
  }

  /** May be called as often as there is news. */
  update(done: number, total: number): void {
    const nowMs = performance.now();
    if (!this.#isShown || nowMs < this.#nextAtMs) return;
    this.#nextAtMs = nowMs + INTERVAL_MS;
    this.#hasLine = true;
    this.#output.write(`${CLEAR_LINE}${this.#title}: ${Math.floor((100 * done) / total)} %`);
  }

  /** Removes the line. */
  end(): void {
    if (this.#hasLine) this.#output.write(CLEAR_LINE);
    this.#hasLine = false;
  }
}

/** Shows the progress of some work, until it ends or fails. */
export async function withProgress<Result>(
  title: string,
  work: (progress: Progress) => Promise<Result>,
): Promise<Result> {
  const progress = new Progress(title);
  try {
    return await work(progress);
  } finally {
    progress.end();
  }
}
