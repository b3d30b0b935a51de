// A part of the page whose code is loaded when it is first used.

export class LazyPart<Part> {
  readonly #load: () => Promise<Part>;
  readonly #onFailure: () => void;
  #part: Promise<Part> | undefined;
  #isLoaded = false;

  /**
   * @param load Imports the part, and creates it. Called again after it has failed.
   * @param onFailure Called when an action is dropped, because the part could not be loaded: the
   *   bridge cannot be reached, or serves another version of the page.
   */
  constructor(load: () => Promise<Part>, onFailure: () => void) {
    this.#load = load;
    this.#onFailure = onFailure;
  }

  /** Whether the next action runs without loading anything. */
  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  /** Runs an action with the part, once it is loaded. Actions run in the order of their calls. */
  use(action: (part: Part) => void): void {
    this.#part ??= this.#load();
    const part = this.#part;
    void part.then(
      (loaded) => {
        this.#isLoaded = true;
        action(loaded);
      },
      () => {
        if (this.#part === part) this.#part = undefined;
        this.#onFailure();
      },
    );
  }

  /** Like `use`, but does nothing if the part was never used. */
  useIfLoaded(action: (part: Part) => void): void {
    void this.#part?.then(action, () => {});
  }
}
