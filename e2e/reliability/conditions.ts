// Conditions that a test waits for. They are checked after each event that may have met one.

/** How long an awaited event may take, before the test fails. */
const TIMEOUT_MS = 40_000;

interface Waiter {
  isMet: () => boolean;
  resolve: () => void;
}

export class Conditions {
  readonly #waiters = new Set<Waiter>();

  /** Call it after each event. */
  check(): void {
    for (const waiter of this.#waiters) {
      if (!waiter.isMet()) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }

  /** Resolves once a condition is met. */
  met(what: string, isMet: () => boolean): Promise<void> {
    if (isMet()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        reject(new Error(`timed out waiting for ${what}`));
      }, TIMEOUT_MS);
      const waiter = {
        isMet,
        resolve: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      this.#waiters.add(waiter);
    });
  }
}
