// The panel beside the terminal: the planned messages, and above all the history. Each load uses a
// new session.
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
import { button, element, iconButton } from '../ui/element.ts';
import { entryStatus, STATUS_WORDS } from './entryStatus.pure.ts';
import { HistoryItem, type NumberedEntry } from './historyItem.ts';
import { HistoryList } from './historyList.ts';
import { asSentence } from './replyWords.pure.ts';
import { TimeFormat } from './timeFormat.ts';

/** The list is reloaded at most once in this time, however often the message changes. */
const RELOAD_GAP_MS = 1_000;

/** Messages per page of the list: a thousand long ones would block the page. */
const PAGE_SIZE = 100;

type LoadState =
  | { is: 'idle' }
  | { is: 'reloadDue'; timer: ReturnType<typeof setTimeout> }
  /** `isOutdated`: the message changed since this load started. */
  | { is: 'loading'; exchange: ServerExchange; isOutdated: boolean };

export class HistoryPanel {
  readonly #url: URL;
  readonly #panel: HTMLElement;
  readonly #button: HTMLElement;
  readonly #cancel: (entry: NumberedEntry) => void;
  readonly #close = iconButton('close', {
    ariaLabel: 'Close the history',
    title: 'Close the history (Escape)',
    onclick: () => this.close(),
  });
  readonly #status = element('p');
  readonly #tryAgain = button({ hidden: true, onclick: () => this.#load() }, 'Try again');
  readonly #showMore = button({ onclick: () => this.#showOlder() });
  readonly #more = element('li', {}, this.#showMore);
  readonly #planned = new HistoryList('Planned', 'Planned messages, the next one first');
  readonly #past = new HistoryList('So far', 'Messages, newest first');
  /** A tab stop, for scrolling with the keyboard. */
  readonly #lists = element('div', { className: 'lists', tabIndex: 0, hidden: true });
  readonly #times = new TimeFormat();
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
   * @param cancel Called when the user wants to cancel a planned message.
   */
  constructor(
    url: URL,
    panel: HTMLElement,
    openButton: HTMLElement,
    cancel: (entry: NumberedEntry) => void,
  ) {
    this.#url = url;
    this.#panel = panel;
    this.#button = openButton;
    this.#cancel = cancel;
    this.#status.setAttribute('role', 'status');
    this.#lists.setAttribute('role', 'group');
    this.#lists.ariaLabel = 'Messages';
    this.#lists.append(this.#planned.element, this.#past.element);
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
    this.#setOpen(true);
    this.#shownCount = PAGE_SIZE;
    this.#close.focus();
    this.#load();
  }

  close(): void {
    this.#setOpen(false);
    this.#stop();
    this.#button.focus();
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
    this.#draw();
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
    this.#draw();
    this.#setStatus(entries.length === 0 ? 'No message has been stored yet.' : '');
    if (isOutdated) this.reloadSoon();
  }

  /** Draws the lists. The focus stays where it is, unless that is gone. */
  #draw(): void {
    const focused = document.activeElement;
    const hasFocus = this.#lists.contains(focused);
    this.#drawLists();
    if (!hasFocus) return;
    // An element that is moved loses the focus.
    if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
    if (this.#lists.hidden || document.activeElement !== focused) this.#focusLists();
  }

  #drawLists(): void {
    const { planned, past } = this.#entries;
    const items = new Map<number, HistoryItem>();
    this.#planned.show(planned.map((entry) => this.#drawItem(entry, items)));
    const shown = past.slice(0, this.#shownCount).map((entry) => this.#drawItem(entry, items));
    const olderCount = past.length - shown.length;
    this.#showMore.textContent = `Show older messages (${olderCount})`;
    this.#past.show(olderCount > 0 ? [...shown, this.#more] : shown);
    this.#items = items;
    // Without planned messages there is no other list to tell it from.
    this.#past.isTitled = planned.length > 0;
    this.#lists.hidden = planned.length + past.length === 0;
  }

  /** @param items Gets the item, if it can be drawn again. */
  #drawItem(entry: HistoryEntry, items: Map<number, HistoryItem>): HTMLElement {
    const { number } = entry;
    const drawn = number === undefined ? undefined : this.#items.get(number);
    const item = drawn?.isOf(entry) ? drawn : new HistoryItem(entry, this.#times, this.#cancel);
    if (number !== undefined) items.set(number, item);
    item.update(entry, STATUS_WORDS[entryStatus(entry, Date.now())]);
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
