// The day of an entry of the history, in words.

const DAY_MS = 24 * 60 * 60 * 1000;

export class DayNames {
  readonly #format: Intl.DateTimeFormat;

  /** @param timeZone An IANA name; by default that of the user. */
  constructor(timeZone?: string) {
    this.#format = new Intl.DateTimeFormat('en-GB', {
      timeZone,
      weekday: 'long',
      day: 'numeric',
      month: 'long',
      year: 'numeric',
    });
  }

  /** @returns `Today`, `Yesterday`, `Friday 27 November`, or `Friday 27 November 2025`. */
  name(timeMs: number, nowMs: number): string {
    const day = this.#dayOf(timeMs);
    const today = this.#dayOf(nowMs);
    if (day.dateMs === today.dateMs) return 'Today';
    if (day.dateMs === today.dateMs - DAY_MS) return 'Yesterday';
    return day.year === today.year ? day.text : `${day.text} ${day.year}`;
  }

  #dayOf(timeMs: number): { text: string; year: string; dateMs: number } {
    const parts = this.#format.formatToParts(timeMs);
    const {
      weekday,
      day,
      month,
      year = '',
    } = Object.fromEntries(parts.map(({ type, value }) => [type, value]));
    // As a date in UTC, where each day has 24 hours.
    return {
      text: `${weekday} ${day} ${month}`,
      year,
      dateMs: Date.parse(`${day} ${month} ${year} UTC`),
    };
  }
}
