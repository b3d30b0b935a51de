// An entry in the panel with the history: when it is in force, how it stands, who stored it and when,
// what can be done with it, and the message, cut after three lines. Its elements stay the same while
// it changes: one of them may have the focus.

import type { HistoryEntry } from '../../client/replies/historyReader.ts';
import { formatTime } from '../../protocol/time.ts';
import { button, element } from '../ui/element.ts';
import { iconButton } from '../ui/iconButton.ts';
import { linkedText } from '../ui/links.ts';
import { showChildren } from './historyList.ts';
import type { TimeFormat } from './timeFormat.pure.ts';

/** An entry of a server that knows MSGCANCEL. */
export type NumberedEntry = HistoryEntry & { number: number };

/** What the user may want to do with an entry. */
export interface EntryActions {
  copy(message: string): void;
  storeAgain(message: string): void;
  cancel(entry: NumberedEntry): void;
}

export class HistoryItem {
  readonly element = element('li');
  readonly #times: TimeFormat;
  readonly #window = element('div', { className: 'window' });
  readonly #status = element('span');
  readonly #time = element('time');
  readonly #exact = button({ className: 'time', onclick: () => this.#toggleExact() });
  /** Between the status and the time. */
  readonly #lead = element('span');
  readonly #author = element('span');
  readonly #actions = element('div', { className: 'entry-actions' });
  readonly #message: HTMLElement;
  readonly #more = button({ className: 'more', onclick: () => this.#toggleMore() });
  readonly #copy: HTMLButtonElement;
  readonly #storeAgain: HTMLButtonElement;
  readonly #cancel: HTMLButtonElement;
  #entry: HistoryEntry;
  /** When it was stored, in words. */
  #words = '';
  /** Whether the user pressed the time, to see the exact one. */
  #isExact = false;

  constructor(entry: HistoryEntry, times: TimeFormat, actions: EntryActions) {
    this.#entry = entry;
    this.#times = times;
    this.#message = element('p', { dir: 'auto' }, linkedText(entry.message));
    this.#copy = actionButton('copy', 'Copy', () => actions.copy(entry.message));
    this.#storeAgain = actionButton('again', 'Store again…', () =>
      actions.storeAgain(entry.message),
    );
    this.#cancel = button(
      { onclick: () => isNumbered(this.#entry) && actions.cancel(this.#entry) },
      'Cancel…',
    );
    if (isNumbered(entry)) this.#describeButtons(entry.number);
    this.#exact.append(this.#time);
    const stored = [this.#lead, this.#exact, this.#author];
    const state = element('div', { className: 'state' }, this.#status, ...stored);
    this.element.append(this.#window, state, this.#actions, this.#message);
    // It is laid out, and has a size, when it comes into view.
    new ResizeObserver(() => this.#measure()).observe(this.#message);
  }

  /** Whether it shows this entry. A server with another store uses the same numbers. */
  isOf({ number, message }: HistoryEntry): boolean {
    return number === this.#entry.number && message === this.#entry.message;
  }

  /**
   * @param entry The same entry, as it is now.
   * @param status How it stands, in words; empty if there is nothing to show.
   * @param stored When it was stored, in words.
   */
  update(entry: HistoryEntry, status: string, stored: string): void {
    this.#entry = entry;
    this.#words = stored;
    this.#status.className = entry.isInForce ? 'in-force' : '';
    show(this.#status, status);
    const hasWindow = entry.fromMs !== undefined || entry.untilMs !== undefined;
    show(this.#window, hasWindow ? windowText(entry, this.#times) : '');
    const { author } = entry;
    this.#lead.textContent = `${status && ' · '}${hasWindow ? 'stored ' : ''}`;
    this.#author.replaceChildren(
      ...(author === undefined ? [] : [' by ', element('bdi', {}, author)]),
    );
    this.#drawTime();
    const isCancelable = isNumbered(entry) && entry.isPlanned;
    this.element.className = isCancelable ? 'planned' : '';
    showChildren(this.#actions, [
      this.#copy,
      ...(isNumbered(entry) && !entry.isInForce ? [this.#storeAgain] : []),
      ...(isCancelable ? [this.#cancel] : []),
    ]);
  }

  #describeButtons(number: number): void {
    this.#message.id = `entry-${number}`;
    for (const one of [this.#copy, this.#storeAgain, this.#cancel])
      one.setAttribute('aria-describedby', this.#message.id);
  }

  #toggleExact(): void {
    this.#isExact = !this.#isExact;
    this.#drawTime();
  }

  #drawTime(): void {
    const { storedAtMs } = this.#entry;
    const exact = this.#times.exact(storedAtMs);
    Object.assign(this.#time, {
      dateTime: formatTime(storedAtMs),
      title: exact,
      textContent: this.#isExact ? exact : this.#words,
    });
  }

  #toggleMore(): void {
    this.#message.classList.toggle('is-open');
    this.#measure();
  }

  /** Offers the rest of a message that is cut. */
  #measure(): void {
    const { classList, scrollHeight, clientHeight } = this.#message;
    const isOpen = classList.contains('is-open');
    if (!isOpen && scrollHeight <= clientHeight) {
      this.#more.remove();
      return;
    }
    if (!this.#more.isConnected) this.element.append(this.#more);
    this.#more.textContent = isOpen ? 'less' : 'more';
    this.#more.ariaExpanded = String(isOpen);
  }
}

function show(line: HTMLElement, text: string): void {
  line.textContent = text;
  line.hidden = text === '';
}

/** A touch screen shows the title as words. */
function actionButton(
  icon: 'again' | 'copy',
  title: string,
  onclick: () => void,
): HTMLButtonElement {
  return iconButton(icon, { ariaLabel: title, title, onclick });
}

function isNumbered(entry: HistoryEntry): entry is NumberedEntry {
  return entry.number !== undefined;
}

function windowText(entry: HistoryEntry, times: TimeFormat): string {
  const { fromMs, untilMs } = entry;
  // The end of an entry that was canceled is the time when it was canceled.
  if (fromMs !== undefined && untilMs !== undefined && untilMs <= fromMs) {
    return 'canceled before it began';
  }
  return times.window(entry);
}
