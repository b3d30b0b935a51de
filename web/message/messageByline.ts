// The line below the message: whether it may be out of date, when it changed, by whom, and until
// when it is in force.

import type { EntryDetails } from '../../client/replies/entryLine.ts';
import { element } from '../ui/element.ts';
import { Refresher } from './refresher.ts';
import { relativeTime } from './relativeTime.pure.ts';
import { CLOCK, EXACT, MOMENT } from './timeStyles.pure.ts';

export class MessageByline {
  readonly #element: HTMLElement;
  readonly #refresher = new Refresher(() => this.#refresh());
  /** A tab stop, because it shows the exact time to the keyboard, too. */
  readonly #time = element('time', { tabIndex: 0 });
  #changedAtMs: number | undefined;

  /** @param line The element for the line. */
  constructor(line: HTMLElement) {
    this.#element = line;
    this.#time.addEventListener('focus', () => this.#showExact());
    this.#time.addEventListener('blur', () => this.#refresher.run());
  }

  /** @param details `undefined` if they are not known. */
  show(details: EntryDetails | undefined, isStale: boolean): void {
    this.#changedAtMs = details && startOf(details);
    const parts = [
      ...(isStale ? [[element('strong', {}, 'May be out of date')]] : []),
      ...(details ? [this.#change(details)] : []),
    ];
    this.#element.replaceChildren(...parts.flatMap((part, i) => (i > 0 ? [' · ', ...part] : part)));
    this.#refresher.run();
  }

  #change({ storedAtMs, untilMs, author }: EntryDetails): (Node | string)[] {
    if (storedAtMs === undefined) return ['Not changed yet'];
    return [
      'Changed ',
      this.#time,
      ...(author === undefined ? [] : [' by ', element('bdi', {}, author)]),
      ...(untilMs === undefined ? [] : [` · until ${clockOrDate(untilMs)}`]),
    ];
  }

  #refresh(): number | undefined {
    const timeMs = this.#changedAtMs;
    if (timeMs === undefined || document.activeElement === this.#time) return undefined;
    const { text, validMs } = relativeTime(timeMs, Date.now());
    Object.assign(this.#time, {
      textContent: text,
      dateTime: new Date(timeMs).toISOString(),
      title: new Date(timeMs).toLocaleString(undefined, EXACT),
    });
    return validMs;
  }

  #showExact(): void {
    this.#time.textContent = this.#time.title;
  }
}

/** A planned message changes it when its window begins. */
function startOf({ storedAtMs, fromMs = storedAtMs }: EntryDetails): number | undefined {
  if (storedAtMs === undefined || fromMs === undefined) return undefined;
  return Math.max(storedAtMs, fromMs);
}

/** Leaves out the date of today. */
function clockOrDate(timeMs: number): string {
  const time = new Date(timeMs);
  const isToday = time.toDateString() === new Date().toDateString();
  return time.toLocaleString(undefined, isToday ? CLOCK : MOMENT);
}
