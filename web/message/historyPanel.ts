// The panel beside the terminal: the planned messages, and below them the history, day by day. Each
// load uses a new session.
//
//   state      event                next state
//   idle       open, try again      loading
//              reloadSoon           reloadDue
//   reloadDue  the time comes       loading
//   loading    reloadSoon           loading, outdated
//              complete             idle; reloadDue if it is outdated
//              failed               idle
//   any        close                idle

import {
  HISTORY_REQUEST,
  type HistoryEntry,
  HistoryReader,
} from '../../client/replies/historyReader.ts';
import { ServerExchange } from '../connection/serverExchange.ts';
import { button, element } from '../ui/element.ts';
import { iconButton } from '../ui/iconButton.ts';
import { DayNames } from './dayName.pure.ts';
import { entryStatus, STATUS_WORDS } from './entryStatus.pure.ts';
import { type EntryActions, HistoryItem } from './historyItem.ts';
import { HistoryList, showChildren } from './historyList.ts';
import { Refresher } from './refresher.ts';
import { relativeTime } from './relativeTime.pure.ts';
import { asSentence } from './replyWords.pure.ts';
import { TimeFormat } from './timeFormat.pure.ts';

/** The list is reloaded at most once in this time, however often the message changes. */
const RELOAD_GAP_MS = 1_000;

/** Messages per page of the list: a thousand long ones would block the page. */
const PAGE_SIZE = 100;

const EMPTY = 'No message has been stored yet. Type MSGSTORE to store the first.';

type LoadState =
  | { is: 'idle' }
  | { is: 'reloadDue'; timer: ReturnType<typeof setTimeout> }
  /** `isOutdated`: the message changed since this load started. */
  | { is: 'loading'; exchange: ServerExchange; isOutdated: boolean };

export class HistoryPanel {
  readonly #url: URL;
  readonly #panel: HTMLElement;
  readonly #button: HTMLElement;
  readonly #actions: EntryActions;
  readonly #close = iconButton('close', {
    ariaLabel: 'Close the history',
    title: 'Close the history (Escape)',
    onclick: () => this.close(),
  });
  readonly #status = element('p');
  readonly #tryAgain = button({ hidden: true, onclick: () => this.#load() }, 'Try again');
  readonly #showMore = button({ onclick: () => this.#showOlder() });
  readonly #planned = new HistoryList('Planned', 'Planned messages, the next one first');
  /** By the name of the day. */
  #days: ReadonlyMap<string, HistoryList> = new Map();
  /** A tab stop, for scrolling with the keyboard. */
  readonly #lists = element('div', { className: 'lists', tabIndex: 0, hidden: true });
  readonly #times = new TimeFormat();
  readonly #dayNames = new DayNames();
  readonly #refresher = new Refresher(() => this.#refresh());
  /** Has the focus again when the panel closes. */
  #opener: HTMLElement | undefined;
  #state: LoadState = { is: 'idle' };
  #entries: { planned: readonly HistoryEntry[]; past: readonly HistoryEntry[] } = {
    planned: [],
    past: [],
  };
  /** Those in the lists, by the number of the entry. */
  #items: ReadonlyMap<number, HistoryItem> = new Map();
  /** The number of messages that the user asked to see. */
  #shownCount = PAGE_SIZE;

  /**
   * @param url The WebSocket URL of the message server at the bridge.
   * @param panel An empty element, hidden until it is opened.
   * @param openButton Gets `aria-expanded`, and the focus when the panel closes.
   */
  constructor(url: URL, panel: HTMLElement, openButton: HTMLElement, actions: EntryActions) {
    this.#url = url;
    this.#panel = panel;
    this.#button = openButton;
    this.#actions = actions;
    this.#status.setAttribute('role', 'status');
    this.#lists.setAttribute('role', 'group');
    this.#lists.ariaLabel = 'Messages';
    const head = element('div', { className: 'head' }, element('h2', {}, 'History'), this.#close);
    panel.append(head, this.#status, this.#tryAgain, this.#lists);
    panel.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      this.close();
    });
  }

  toggle(): void {
    if (this.#panel.hidden) this.open();
    else this.close();
  }

  open(): void {
    const { activeElement, body } = document;
    const hasFocus = activeElement instanceof HTMLElement && activeElement !== body;
    this.#opener = hasFocus ? activeElement : undefined;
    this.#setOpen(true);
    this.#shownCount = PAGE_SIZE;
    this.#close.focus();
    this.#load();
  }

  close(): void {
    this.#setOpen(false);
    this.#stop();
    (this.#opener ?? this.#button).focus();
  }

  /** Scrolls to what was stored last, which the next load adds. */
  showNewest(): void {
    this.#lists.scrollTop = 0;
    this.reloadSoon();
  }

  /** Reloads the list soon, if it is open. */
  reloadSoon(): void {
    if (this.#panel.hidden) return;
    switch (this.#state.is) {
      case 'idle':
        this.#state = {
          is: 'reloadDue',
          timer: setTimeout(() => this.#load(), RELOAD_GAP_MS),
        };
        break;
      case 'loading':
        // Let it finish: frequent changes would otherwise restart it forever.
        this.#state = { ...this.#state, isOutdated: true };
        break;
      case 'reloadDue':
        break;
      default:
        this.#state satisfies never;
    }
  }

  #setOpen(isOpen: boolean): void {
    this.#panel.hidden = !isOpen;
    this.#button.setAttribute('aria-expanded', String(isOpen));
  }

  #load(): void {
    this.#stop();
    this.#setStatus(this.#lists.hidden ? 'Loading…' : '');
    const reader = new HistoryReader();
    const exchange = new ServerExchange(this.#url, HISTORY_REQUEST, {
      received: (text) => {
        const history = reader.receive(text);
        if (history.is === 'incomplete') exchange.send(history.send);
        else if (history.is === 'complete') this.#show(history.entries);
        else this.#fail(`the server replied: ${history.reply}`);
      },
      failed: (reason) => this.#fail(reason),
    });
    this.#state = { is: 'loading', exchange, isOutdated: false };
  }

  #showOlder(): void {
    this.#shownCount += PAGE_SIZE;
    this.#refresher.run();
    // The button has moved behind the messages that it showed.
    this.#lists.focus();
  }

  /** Ends a load, or what waits for one. */
  #stop(): void {
    if (this.#state.is === 'loading') this.#state.exchange.close();
    if (this.#state.is === 'reloadDue') clearTimeout(this.#state.timer);
    this.#state = { is: 'idle' };
  }

  #show(entries: readonly HistoryEntry[]): void {
    const isOutdated = this.#state.is === 'loading' && this.#state.isOutdated;
    this.#stop();
    this.#entries = {
      planned: entries.filter(({ isPlanned }) => isPlanned).toSorted(byStart),
      past: entries.filter(({ isPlanned }) => !isPlanned).toReversed(),
    };
    this.#refresher.run();
    this.#setStatus(entries.length === 0 ? EMPTY : '');
    if (isOutdated) this.reloadSoon();
  }

  /** @returns For how long the words are right, in milliseconds; `undefined` while it is closed. */
  #refresh(): number | undefined {
    if (this.#panel.hidden) return undefined;
    const nowMs = Date.now();
    this.#draw(nowMs);
    const { planned, past } = this.#entries;
    const ages = [...planned, ...past.slice(0, this.#shownCount)];
    const validMs = ages.map(({ storedAtMs }) => relativeTime(storedAtMs, nowMs).validMs);
    // At midnight, today becomes yesterday.
    return Math.min(...validMs, new Date(nowMs).setHours(24, 0, 0, 0) - nowMs);
  }

  /** Draws the lists. The focus stays where it is, unless that is gone. */
  #draw(nowMs: number): void {
    const focused = document.activeElement;
    const hasFocus = this.#lists.contains(focused);
    this.#drawLists(nowMs);
    if (!hasFocus) return;
    // An element that is moved loses the focus.
    if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
    if (this.#lists.hidden || document.activeElement !== focused) this.#focusLists();
  }

  #drawLists(nowMs: number): void {
    const { planned, past } = this.#entries;
    const items = new Map<number, HistoryItem>();
    this.#planned.show(planned.map((entry) => this.#drawItem(entry, items, nowMs)));
    const days = this.#drawDays(past.slice(0, this.#shownCount), items, nowMs);
    const olderCount = past.length - this.#shownCount;
    this.#showMore.textContent = `Show older messages (${olderCount})`;
    const more = olderCount > 0 ? [this.#showMore] : [];
    showChildren(this.#lists, [this.#planned.element, ...days, ...more]);
    this.#items = items;
    this.#lists.hidden = planned.length + past.length === 0;
  }

  #drawDays(
    entries: readonly HistoryEntry[],
    items: Map<number, HistoryItem>,
    nowMs: number,
  ): HTMLElement[] {
    const itemsByDay = new Map<string, HTMLElement[]>();
    for (const entry of entries) {
      const name = this.#dayNames.name(entry.storedAtMs, nowMs);
      const item = this.#drawItem(entry, items, nowMs);
      itemsByDay.set(name, [...(itemsByDay.get(name) ?? []), item]);
    }
    this.#days = new Map(
      [...itemsByDay].map(([name, ofDay]) => {
        const day =
          this.#days.get(name) ?? new HistoryList(name, `Messages, newest first: ${name}`);
        day.show(ofDay);
        return [name, day];
      }),
    );
    return [...this.#days.values()].map(({ element }) => element);
  }

  /** @param items Gets the item, if it can be drawn again. */
  #drawItem(entry: HistoryEntry, items: Map<number, HistoryItem>, nowMs: number): HTMLElement {
    const { number, storedAtMs } = entry;
    const drawn = number === undefined ? undefined : this.#items.get(number);
    const item = drawn?.isOf(entry) ? drawn : new HistoryItem(entry, this.#times, this.#actions);
    if (number !== undefined) items.set(number, item);
    const isToday = this.#dayNames.name(storedAtMs, nowMs) === 'Today';
    const before = entry.isPlanned ? this.#times.moment(storedAtMs) : this.#times.clock(storedAtMs);
    const stored = isToday ? relativeTime(storedAtMs, nowMs).text : before;
    item.update(entry, STATUS_WORDS[entryStatus(entry, nowMs)], stored);
    return item.element;
  }

  #focusLists(): void {
    (this.#lists.hidden ? this.#close : this.#lists).focus();
  }

  #fail(reason: string): void {
    this.#stop();
    this.#setStatus(`The history could not be loaded: ${asSentence(reason)}`);
    this.#tryAgain.hidden = false;
  }

  #setStatus(text: string): void {
    this.#status.textContent = text;
    if (document.activeElement === this.#tryAgain) this.#focusLists();
    this.#tryAgain.hidden = true;
  }
}

/** What has begun already comes first. */
function byStart(one: HistoryEntry, other: HistoryEntry): number {
  return (one.fromMs ?? 0) - (other.fromMs ?? 0);
}
