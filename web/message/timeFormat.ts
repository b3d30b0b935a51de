// Formats times in the user's time zone and language.

import type { ParsedWindow } from '../../protocol/time.ts';

export class TimeFormat {
  readonly #shortFormat = new Intl.DateTimeFormat(undefined, {
    dateStyle: 'medium',
    timeStyle: 'short',
  });
  readonly #clockFormat = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });
  readonly #fullFormat = new Intl.DateTimeFormat(undefined, {
    dateStyle: 'full',
    timeStyle: 'long',
  });

  /** @param timeMs In milliseconds since 1970, as everywhere here. */
  short(timeMs: number): string {
    return this.#shortFormat.format(timeMs);
  }

  clock(timeMs: number): string {
    return this.#clockFormat.format(timeMs);
  }

  full(timeMs: number): string {
    return this.#fullFormat.format(timeMs);
  }

  /** A window of which at least one side is defined. */
  window({ fromMs, untilMs }: ParsedWindow): string {
    if (fromMs === undefined) return `until ${this.#shortFormat.format(untilMs)}`;
    if (untilMs === undefined) return `from ${this.#shortFormat.format(fromMs)}`;
    return this.#shortFormat.formatRange(fromMs, untilMs);
  }
}
