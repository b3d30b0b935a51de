// The width of each character, and which characters join in one cell (UAX #29, Unicode 15).
//
// The table of all characters is large, and most sessions never need it. It is loaded for the first
// text with characters that are not in SIMPLE. The screen writes nothing while it is being loaded,
// for two seconds at most.

import type { IUnicodeVersionProvider } from '@xterm/xterm';

/**
 * Latin, Greek and Cyrillic letters, punctuation and currencies: each has a cell of its own.
 * characterTable.test.ts compares them with the table.
 */
export const SIMPLE =
  '\\0-\\u02ff\\u0370-\\u0482\\u048a-\\u052f\\u1e00-\\u1fff' +
  '\\u2010-\\u2027\\u2030-\\u205e\\u20a0-\\u20c0';
const NOT_SIMPLE = new RegExp(`[^${SIMPLE}]`);

/** The properties of a character with a cell of its own (IUnicodeVersionProvider). */
const ONE_CELL = 1 << 1;

/** How long nothing is written for the table. A late one is used, too. */
const LOAD_TIMEOUT_MS = 2_000;

/** A bridge that serves another version of the page is not asked for each key. */
const RETRY_AFTER_MS = 10_000;

type TableState =
  | { is: 'simple'; loadAfterMs: number }
  | { is: 'loading'; loaded: Promise<void> }
  | { is: 'complete'; table: IUnicodeVersionProvider };

export class CharacterTable implements IUnicodeVersionProvider {
  readonly version = 'page';
  readonly #load: () => Promise<IUnicodeVersionProvider>;
  readonly #onFailure: () => void;
  #state: TableState = { is: 'simple', loadAfterMs: 0 };

  /**
   * @param onFailure Called if the table could not be loaded in time: every character gets one cell.
   */
  constructor(load: () => Promise<IUnicodeVersionProvider>, onFailure: () => void) {
    this.#load = load;
    this.#onFailure = onFailure;
  }

  /** Starts to load the table if a text needs it. */
  prepareFor(text: string): void {
    if (this.#state.is !== 'simple' || !NOT_SIMPLE.test(text)) return;
    if (performance.now() < this.#state.loadAfterMs) return;
    this.#state = { is: 'loading', loaded: this.#complete() };
  }

  /** Resolves once the table is loaded, or has failed to; `undefined` if it is not being loaded. */
  get loaded(): Promise<void> | undefined {
    return this.#state.is === 'loading' ? this.#state.loaded : undefined;
  }

  wcwidth(codePoint: number): 0 | 1 | 2 {
    return this.#state.is === 'complete' ? this.#state.table.wcwidth(codePoint) : 1;
  }

  charProperties(codePoint: number, preceding: number): number {
    if (this.#state.is !== 'complete') return ONE_CELL;
    return this.#state.table.charProperties(codePoint, preceding);
  }

  async #complete(): Promise<void> {
    const loaded = this.#load().then((table) => {
      this.#state = { is: 'complete', table };
    });
    let timer: ReturnType<typeof setTimeout> | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(reject, LOAD_TIMEOUT_MS);
    });
    try {
      await Promise.race([loaded, timeout]);
    } catch {
      this.#state = { is: 'simple', loadAfterMs: performance.now() + RETRY_AFTER_MS };
      this.#onFailure();
    } finally {
      clearTimeout(timer);
    }
  }
}
