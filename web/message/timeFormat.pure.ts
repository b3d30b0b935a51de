// Formats times in the user's time zone and language.

import type { ParsedWindow } from '../../protocol/time.ts';
import { CLOCK, EXACT, MOMENT } from './timeStyles.pure.ts';

export class TimeFormat {
  /** An IANA name, such as `Europe/Berlin`. */
  readonly timeZone: string;
  readonly #momentFormat: Intl.DateTimeFormat;
  readonly #clockFormat: Intl.DateTimeFormat;
  readonly #exactFormat: Intl.DateTimeFormat;

  /** By default, in the time zone and the language of the user at this moment. */
  constructor(timeZone?: string, language?: string) {
    const format = (options: Intl.DateTimeFormatOptions) =>
      new Intl.DateTimeFormat(language, { timeZone, ...options });
    this.#momentFormat = format(MOMENT);
    this.#clockFormat = format(CLOCK);
    this.#exactFormat = format(EXACT);
    this.timeZone = this.#momentFormat.resolvedOptions().timeZone;
  }

  /** @param timeMs In milliseconds since 1970, as everywhere here. */
  moment(timeMs: number): string {
    return this.#momentFormat.format(timeMs);
  }

  clock(timeMs: number): string {
    return this.#clockFormat.format(timeMs);
  }

  exact(timeMs: number): string {
    return this.#exactFormat.format(timeMs);
  }

  /** A window of which at least one side is defined. */
  window({ fromMs, untilMs }: ParsedWindow): string {
    if (fromMs === undefined) return `until ${this.#momentFormat.format(untilMs)}`;
    if (untilMs === undefined) return `from ${this.#momentFormat.format(fromMs)}`;
    // They are in the same minute, or the clock is changed between them. formatRange would show one
    // time of two that look the same.
    const isUnclear =
      this.moment(fromMs) === this.moment(untilMs) || this.#zone(fromMs) !== this.#zone(untilMs);
    if (isUnclear) return `${this.exact(fromMs)} – ${this.exact(untilMs)}`;
    return this.#momentFormat.formatRange(fromMs, untilMs);
  }

  #zone(timeMs: number): string | undefined {
    const parts = this.#exactFormat.formatToParts(timeMs);
    return parts.find(({ type }) => type === 'timeZoneName')?.value;
  }
}
