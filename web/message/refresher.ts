// Repeats an action when what it showed is no longer right, while the page is visible.

export class Refresher {
  readonly #refresh: () => number | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param refresh Shows what is right now. Returns for how long it stays right, in milliseconds;
   *   `undefined`: until `run` is called again.
   */
  constructor(refresh: () => number | undefined) {
    this.#refresh = refresh;
    document.addEventListener('visibilitychange', () => this.run());
  }

  run(): void {
    clearTimeout(this.#timer);
    if (document.visibilityState !== 'visible') return;
    const validMs = this.#refresh();
    if (validMs !== undefined)
      this.#timer = setTimeout(() => this.run(), Math.min(validMs, MAX_MS));
  }
}

/** A longer timeout overflows, and would fire at once (WHATWG HTML, "timer initialization steps"). */
const MAX_MS = 2 ** 31 - 1;
