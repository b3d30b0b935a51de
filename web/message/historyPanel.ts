// The panel beside the terminal with the message history. Each load uses a new session.

import {
  HISTORY_REQUEST,
  HistoryReader,
  type StoredMessage,
} from '../../client/replies/historyReader.ts';
import { ReconnectingSocket } from '../connection/reconnectingSocket.ts';
import { linkedText } from '../ui/linkedText.ts';

/** The longest silence of the server before loading fails. */
const SILENCE_TIMEOUT_MS = 10_000;

/** The list is reloaded at most once in this time, however often the message changes. */
const RELOAD_GAP_MS = 1_000;

/** Messages per page of the list: a thousand long ones would block the page. */
const PAGE_SIZE = 100;

const SVG = 'http://www.w3.org/2000/svg';

export class HistoryPanel {
  readonly #url: URL;
  readonly #panel: HTMLElement;
  readonly #button: HTMLElement;
  readonly #close = closeButton();
  readonly #status = document.createElement('p');
  readonly #tryAgain = document.createElement('button');
  readonly #list = document.createElement('ol');
  readonly #times = new TimeFormat();
  #socket: ReconnectingSocket | undefined;
  #silenceTimer: ReturnType<typeof setTimeout> | undefined;
  #reloadTimer: ReturnType<typeof setTimeout> | undefined;
  /** Whether the message changed since the current load started. */
  #isOutdated = false;
  /** The number of messages that the user asked to see. */
  #shownCount = PAGE_SIZE;

  /**
   * @param url The WebSocket URL of the message server at the bridge.
   * @param panel An empty element, hidden until it is opened.
   * @param button Gets `aria-expanded`, and the focus when the panel closes.
   */
  constructor(url: URL, panel: HTMLElement, button: HTMLElement) {
    this.#url = url;
    this.#panel = panel;
    this.#button = button;
    this.#buildDom();
    this.#close.addEventListener('click', () => this.close());
    this.#tryAgain.addEventListener('click', () => this.#load());
    panel.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      this.close();
    });
  }

  get #isOpen(): boolean {
    return !this.#panel.hidden;
  }

  toggle(): void {
    if (this.#isOpen) this.close();
    else this.open();
  }

  open(): void {
    this.#setOpen(true);
    this.#shownCount = PAGE_SIZE;
    this.#close.focus();
    this.#load();
  }

  close(): void {
    this.#setOpen(false);
    this.#stopLoading();
    this.#cancelReload();
    this.#button.focus();
  }

  /** Reloads the list soon, if it is open. */
  messageChanged(): void {
    if (!this.#isOpen || this.#reloadTimer !== undefined) return;
    this.#reloadTimer = setTimeout(() => {
      // Let the current load finish: frequent changes would otherwise restart it forever.
      if (this.#socket === undefined) this.#load();
      else this.#isOutdated = true;
      this.#reloadTimer = undefined;
    }, RELOAD_GAP_MS);
  }

  #cancelReload(): void {
    clearTimeout(this.#reloadTimer);
    this.#reloadTimer = undefined;
    this.#isOutdated = false;
  }

  #setOpen(isOpen: boolean): void {
    this.#panel.hidden = !isOpen;
    this.#button.setAttribute('aria-expanded', String(isOpen));
  }

  #load(): void {
    this.#stopLoading();
    this.#cancelReload();
    this.#setStatus(this.#list.hidden ? 'Loading…' : '');
    const reader = new HistoryReader();
    const socket = new ReconnectingSocket(this.#url, {
      opened: () => socket.send(HISTORY_REQUEST),
      received: (text) => {
        this.#restartSilenceTimer('the server stopped before the end of the history');
        const history = reader.receive(text);
        if (history.is === 'complete') this.#show(history.messages);
        if (history.is === 'rejected') this.#fail(`the server replied: ${history.reply}`);
      },
      closed: () => {},
      stateChanged: (state) => {
        if (state.is === 'ended') this.#fail(state.reason);
      },
    });
    this.#socket = socket;
    // The user decides whether to try again.
    socket.connect('once');
    this.#restartSilenceTimer('the server did not answer');
  }

  /** @param reason Why loading failed, if no more text arrives. */
  #restartSilenceTimer(reason: string): void {
    clearTimeout(this.#silenceTimer);
    this.#silenceTimer = setTimeout(() => this.#fail(reason), SILENCE_TIMEOUT_MS);
  }

  /** Closes the session, and ignores its last events. */
  #stopLoading(): void {
    clearTimeout(this.#silenceTimer);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }

  #show(messages: readonly StoredMessage[]): void {
    this.#stopLoading();
    // A reload keeps the focus and the number of messages.
    const hasFocus = this.#list.contains(document.activeElement);
    this.#list.replaceChildren();
    this.#appendMessages(messages.toReversed(), this.#shownCount);
    if (hasFocus) this.#list.focus();
    this.#list.hidden = messages.length === 0;
    this.#setStatus(messages.length === 0 ? 'No message has been stored yet.' : '');
    if (this.#isOutdated) this.messageChanged();
  }

  /** Appends some messages, and a button for the others. */
  #appendMessages(messages: readonly StoredMessage[], count = PAGE_SIZE): void {
    const entries = messages.slice(0, count).map((stored) => this.#entry(stored));
    this.#list.append(...entries);
    if (messages.length <= count) return;
    const older = messages.slice(count);
    const entry = document.createElement('li');
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = `Show older messages (${older.length})`;
    button.addEventListener('click', () => {
      entry.remove();
      this.#shownCount += PAGE_SIZE;
      this.#appendMessages(older);
      // The button that had the focus was removed.
      this.#list.focus();
    });
    entry.append(button);
    this.#list.append(entry);
  }

  #fail(reason: string): void {
    if (this.#socket === undefined) return;
    this.#stopLoading();
    this.#setStatus(`The history could not be loaded: ${reason}.`);
    this.#tryAgain.hidden = false;
  }

  #setStatus(text: string): void {
    this.#status.textContent = text;
    this.#tryAgain.hidden = true;
  }

  #entry({ time, message }: StoredMessage): HTMLElement {
    const entry = document.createElement('li');
    const when = document.createElement('time');
    when.dateTime = time;
    when.textContent = this.#times.short(time);
    when.title = this.#times.full(time);
    const text = document.createElement('p');
    text.dir = 'auto';
    text.append(linkedText(message));
    entry.append(when, text);
    return entry;
  }

  #buildDom(): void {
    const head = document.createElement('div');
    const title = document.createElement('h2');
    title.textContent = 'History';
    head.append(title, this.#close);
    this.#status.setAttribute('role', 'status');
    this.#tryAgain.type = 'button';
    this.#tryAgain.textContent = 'Try again';
    this.#tryAgain.hidden = true;
    this.#list.hidden = true;
    // A tab stop, for scrolling with the keyboard.
    this.#list.tabIndex = 0;
    this.#list.setAttribute('aria-label', 'Messages, newest first');
    this.#panel.append(head, this.#status, this.#tryAgain, this.#list);
  }
}

/** Formats times in the user's time zone and language. */
class TimeFormat {
  readonly #shortFormat = new Intl.DateTimeFormat(undefined, {
    dateStyle: 'medium',
    timeStyle: 'short',
  });
  readonly #fullFormat = new Intl.DateTimeFormat(undefined, {
    dateStyle: 'full',
    timeStyle: 'long',
  });

  short(time: string): string {
    return formatTime(time, this.#shortFormat);
  }

  full(time: string): string {
    return formatTime(time, this.#fullFormat);
  }
}

/** Shows a time that Date cannot represent, such as a leap second, as the server sent it. */
function formatTime(time: string, format: Intl.DateTimeFormat): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? time : format.format(date);
}

function closeButton(): HTMLButtonElement {
  const button = document.createElement('button');
  const icon = document.createElementNS(SVG, 'svg');
  const use = document.createElementNS(SVG, 'use');
  button.type = 'button';
  button.title = 'Close the history (Escape)';
  button.setAttribute('aria-label', 'Close the history');
  icon.setAttribute('aria-hidden', 'true');
  use.setAttribute('href', '#icon-close');
  icon.append(use);
  button.append(icon);
  return button;
}
