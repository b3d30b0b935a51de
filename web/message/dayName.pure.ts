// The day of an entry of the history, in words.

const DAY_MS = 24 * 60 * 60 * 1000;

const DATE: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'long' };

export class DayNames {
  readonly #format: Intl.DateTimeFormat;
  readonly #formatWithYear: Intl.DateTimeFormat;
  readonly #yearFormat: Intl.DateTimeFormat;
  readonly #dateFormat: Intl.DateTimeFormat;

  /**
   * @param timeZone An IANA name; by default that of the user.
   * @param language By default that of the user.
   */
  constructor(timeZone?: string, language?: string) {
    const options = { timeZone, weekday: 'long', ...DATE } as const;
    this.#format = new Intl.DateTimeFormat(language, options);
    this.#formatWithYear = new Intl.DateTimeFormat(language, { ...options, year: 'numeric' });
    this.#yearFormat = new Intl.DateTimeFormat(language, { timeZone, year: 'numeric' });
    this.#dateFormat = new Intl.DateTimeFormat('en-GB', { timeZone, ...DATE, year: 'numeric' });
  }

  /** @returns `Today`, `Yesterday`, or the day, with its year unless that is this one. */
  name(timeMs: number, nowMs: number): string {
    const dateMs = this.#dateOf(timeMs);
    const todayMs = this.#dateOf(nowMs);
    if (dateMs === todayMs) return 'Today';
    if (dateMs === todayMs - DAY_MS) return 'Yesterday';
    // By the calendar of the language, as it is shown.
    const isThisYear = this.#yearFormat.format(timeMs) === this.#yearFormat.format(nowMs);
    return (isThisYear ? this.#format : this.#formatWithYear).format(timeMs);
  }

  /** Its date, as one in UTC, where each day has 24 hours. */
  #dateOf(timeMs: number): number {
    return Date.parse(`${this.#dateFormat.format(timeMs)} UTC`);
  }
}
