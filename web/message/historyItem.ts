// An entry in the panel with the history: when it is in force, who stored it and when, the message,
// and a button that cancels it. Its message and its button stay the same elements while it changes:
// one of them may have the focus.

import type { HistoryEntry } from '../../client/replies/historyReader.ts';
import { formatTime } from '../../protocol/time.ts';
import { button, element } from '../ui/element.ts';
import { linkedText } from '../ui/linkedText.ts';
import type { TimeFormat } from './timeFormat.ts';

/** An entry of a server that knows MSGCANCEL. */
export type NumberedEntry = HistoryEntry & { number: number };

export class HistoryItem {
  readonly element = element('li');
  readonly #times: TimeFormat;
  readonly #message: HTMLElement;
  readonly #button: HTMLButtonElement;
  #entry: HistoryEntry;

  /** @param cancel Called when the user wants to cancel the entry, if it is planned. */
  constructor(entry: HistoryEntry, times: TimeFormat, cancel: (entry: NumberedEntry) => void) {
    this.#entry = entry;
    this.#times = times;
    this.#message = element('p', { dir: 'auto' }, linkedText(entry.message));
    this.#button = button(
      { onclick: () => isNumbered(this.#entry) && cancel(this.#entry) },
      'Cancel…',
    );
    this.element.append(this.#message);
  }

  /** Whether it shows this entry. A server with another store uses the same numbers. */
  isOf({ number, message }: HistoryEntry): boolean {
    return number === this.#entry.number && message === this.#entry.message;
  }

  /**
   * @param entry The same entry, as it is now.
   * @param status How it stands, in words; empty if there is nothing to say.
   */
  update(entry: HistoryEntry, status: string): void {
    this.#entry = entry;
    while (this.element.firstChild !== this.#message) this.element.firstChild?.remove();
    const className = entry.isInForce ? 'in-force' : '';
    if (status !== '') this.#message.before(element('div', { className }, status));
    this.#message.before(...headLines(entry, this.#times));
    const isCancelable = isNumbered(entry) && entry.isPlanned;
    this.element.className = isCancelable ? 'planned' : '';
    if (!isCancelable) {
      this.#button.remove();
    } else if (this.#button.parentNode === null) {
      this.#message.id = `entry-${entry.number}`;
      this.#button.setAttribute('aria-describedby', this.#message.id);
      this.element.append(this.#button);
    }
  }
}

function isNumbered(entry: HistoryEntry): entry is NumberedEntry {
  return entry.number !== undefined;
}

function headLines(entry: HistoryEntry, times: TimeFormat): HTMLElement[] {
  const stored = element(
    'time',
    { dateTime: formatTime(entry.storedAtMs), title: times.full(entry.storedAtMs) },
    times.short(entry.storedAtMs),
  );
  const author = entry.author === undefined ? [] : [' by ', element('bdi', {}, entry.author)];
  const hasWindow = entry.fromMs !== undefined || entry.untilMs !== undefined;
  return [
    ...(hasWindow ? [element('div', { className: 'window' }, windowText(entry, times))] : []),
    element('div', {}, ...(hasWindow ? ['stored '] : []), stored, ...author),
  ];
}

function windowText(entry: HistoryEntry, times: TimeFormat): string {
  const { fromMs, untilMs } = entry;
  // The end of an entry that was canceled is the time when it was canceled.
  if (fromMs !== undefined && untilMs !== undefined && untilMs <= fromMs) {
    return 'canceled before it began';
  }
  return times.window(entry);
}
