// The messages so far, in a panel beside the terminal. Each time they are read over a session of
// their own.

import {
  HISTORY_REQUEST,
  HistoryReader,
  type StoredMessage,
} from '../../client/replies/historyReader.ts';
import { ReconnectingSocket } from '../connection/reconnectingSocket.ts';
import { linkedText } from '../ui/linkedText.ts';

/** A server that says nothing for so long will not. */
const PATIENCE_MS = 10_000;

/** Somebody may change the message many times a second; the list is read anew once in that time. */
const REFRESH_GAP_MS = 1_000;

const SHOWN_AT_ONCE = 100;

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
  #patience: ReturnType<typeof setTimeout> | undefined;
  #refresh: ReturnType<typeof setTimeout> | undefined;
  /** There was a change since the reading that is under way began. */
  #isOutdated = false;
  /** How many the person wants to see. */
  #shown = SHOWN_AT_ONCE;

  /**
   * @param url Where the bridge reaches the message server.
   * @param panel An empty element, hidden until it is opened.
   * @param button Opens the panel, and closes it.
   */
  constructor(url: URL, panel: HTMLElement, button: HTMLElement) {
    this.#url = url;
    this.#panel = panel;
    this.#button = button;
    this.#buildDom();
    button.addEventListener('click', () => (this.isOpen ? this.close() : this.open()));
    this.#close.addEventListener('click', () => this.close());
    this.#tryAgain.addEventListener('click', () => this.#read());
    panel.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      this.close();
    });
  }

  get isOpen(): boolean {
    return !this.#panel.hidden;
  }

  open(): void {
    this.#setOpen(true);
    this.#shown = SHOWN_AT_ONCE;
    this.#close.focus();
    this.#read();
  }

  close(): void {
    this.#setOpen(false);
    this.#stopReading();
    this.#forgetChange();
    this.#button.focus();
  }

  /** The message was changed: what is open is read anew, soon. */
  changed(): void {
    if (!this.isOpen || this.#refresh !== undefined) return;
    this.#refresh = setTimeout(() => {
      // What is being read is read to its end first: else, where changes are many, nothing ever
      // would be.
      if (this.#socket === undefined) this.#read();
      else this.#isOutdated = true;
      this.#refresh = undefined;
    }, REFRESH_GAP_MS);
  }

  #forgetChange(): void {
    clearTimeout(this.#refresh);
    this.#refresh = undefined;
    this.#isOutdated = false;
  }

  #setOpen(isOpen: boolean): void {
    this.#panel.hidden = !isOpen;
    this.#button.setAttribute('aria-expanded', String(isOpen));
  }

  #read(): void {
    this.#stopReading();
    this.#forgetChange();
    this.#say(this.#list.hidden ? 'Loading…' : '');
    const reading = new HistoryReader();
    const socket = new ReconnectingSocket(this.#url, {
      opened: () => socket.send(HISTORY_REQUEST),
      received: (text) => {
        this.#awaitMore('the server stopped before the end of the history');
        const history = reading.received(text);
        if (history.is === 'complete') this.#show(history.messages);
        if (history.is === 'refused') this.#fail(`the server replied: ${history.reply}`);
      },
      closed: () => {},
      stateChanged: (state) => {
        if (state.is === 'ended') this.#fail(state.reason);
      },
    });
    this.#socket = socket;
    socket.connect();
    // One try: the person decides on another.
    socket.stopRetrying();
    this.#awaitMore('the server did not answer');
  }

  /** @param fault Why nothing is shown if no more comes. */
  #awaitMore(fault: string): void {
    clearTimeout(this.#patience);
    this.#patience = setTimeout(() => this.#fail(fault), PATIENCE_MS);
  }

  /** Lets go of the session, whose end is then nobody's business. */
  #stopReading(): void {
    clearTimeout(this.#patience);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }

  #show(messages: readonly StoredMessage[]): void {
    this.#stopReading();
    // What is read anew while one reads on takes neither the focus nor what was unfolded.
    const hasFocus = this.#list.contains(document.activeElement);
    this.#list.replaceChildren();
    this.#showOlder(messages.toReversed(), this.#shown);
    if (hasFocus) this.#list.focus();
    this.#list.hidden = messages.length === 0;
    this.#say(messages.length === 0 ? 'No message has been stored yet.' : '');
    if (this.#isOutdated) this.changed();
  }

  /** Shows some, and a button for the others: a thousand long ones would hold up the page. */
  #showOlder(messages: readonly StoredMessage[], count = SHOWN_AT_ONCE): void {
    const entries = messages.slice(0, count).map((stored) => this.#entry(stored));
    this.#list.append(...entries);
    if (messages.length <= count) return;
    const others = messages.slice(count);
    const entry = document.createElement('li');
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = `Show older messages (${others.length})`;
    button.addEventListener('click', () => {
      entry.remove();
      this.#shown += SHOWN_AT_ONCE;
      this.#showOlder(others);
      // The focus was on the button that is gone.
      this.#list.focus();
    });
    entry.append(button);
    this.#list.append(entry);
  }

  #fail(reason: string): void {
    if (this.#socket === undefined) return;
    this.#stopReading();
    this.#say(`The history could not be loaded: ${reason}.`);
    this.#tryAgain.hidden = false;
  }

  #say(text: string): void {
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
    // What scrolls has to be in reach of the Tab key.
    this.#list.tabIndex = 0;
    this.#list.setAttribute('aria-label', 'Messages, newest first');
    this.#panel.append(head, this.#status, this.#tryAgain, this.#list);
  }
}

/** Times in the reader's own zone and language. */
class TimeFormat {
  readonly #short = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
  readonly #full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });

  short(time: string): string {
    return format(this.#short, time);
  }

  full(time: string): string {
    return format(this.#full, time);
  }
}

/** A time that there is not, as a leap second is to a Date, stays as it was said. */
function format(format: Intl.DateTimeFormat, time: string): string {
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
