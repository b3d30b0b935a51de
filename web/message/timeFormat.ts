// Formats times in the user's time zone and language.

import type { ParsedWindow } from '../../protocol/time.ts';

export class TimeFormat {
  readonly #shortFormat = new Intl.DateTimeFormat(undefined, {
    dateStyle: 'medium',
    timeStyle: 'short',
  });
  readonly #fullFormat = new Intl.DateTimeFormat(undefined, {
    dateStyle: 'full',
    timeStyle: 'long',
  });

  /** @param time RFC 3339. */
  short(time: string): string {
    return formatTime(time, this.#shortFormat);
  }

  /** @param time RFC 3339. */
  full(time: string): string {
    return formatTime(time, this.#fullFormat);
  }

  /** A window of which at least one side is defined. */
  window({ fromMs, untilMs }: ParsedWindow): string {
    if (fromMs === undefined) return `until ${this.#shortFormat.format(untilMs)}`;
    if (untilMs === undefined) return `from ${this.#shortFormat.format(fromMs)}`;
    return this.#shortFormat.formatRange(fromMs, untilMs);
  }
}

/** Shows a time that Date cannot represent, such as a leap second, as the server sent it. */
function formatTime(time: string, format: Intl.DateTimeFormat): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? time : format.format(date);
}
