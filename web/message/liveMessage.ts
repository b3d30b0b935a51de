// The live message above the terminal and in the tab's title. It uses a separate session, in which
// MSGWATCH makes the server send each new message.

import { type WatchEvent, WatchReader } from '../../client/replies/watchReader.ts';
import { type ConnectionState, ReconnectingSocket } from '../connection/reconnectingSocket.ts';
import { linkedText } from '../ui/linkedText.ts';

export interface LiveMessageEvents {
  /** The message changed after this page had shown one. */
  changed(message: string): void;
  /** The connection stopped responding. Others to the same bridge may be affected, too. */
  stoppedResponding(): void;
}

/**
 * `unknown`: not received yet. `current`: the message in force. `stale`: the last message before
 * the connection was lost. `unsupported`: the server does not support MSGWATCH. `ended`: the target
 * accepts nothing, as the text then says.
 */
type MessageState = 'unknown' | 'current' | 'stale' | 'unsupported' | 'ended';

/** A probe without a reply in this time: the computer slept, or changed its network. */
const PROBE_TIMEOUT_MS = 10_000;

/** The connection is not probed if the server sent something this recently. */
const FRESH_MS = 10_000;

/** In code points. A tab shows less; a list of windows may show it all. */
const MAX_TITLE_LENGTH = 60;

/** The blocks that Unicode reserves for scripts from right to left (DerivedBidiClass.txt). */
const RIGHT_TO_LEFT =
  /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** Marks the title if the message changed while the tab was hidden. */
const CHANGED_MARK = '● ';

export class LiveMessage {
  readonly #section: HTMLElement;
  readonly #text: HTMLElement;
  readonly #events: LiveMessageEvents;
  readonly #socket: ReconnectingSocket;
  /** The title without a message. */
  readonly #pageTitle = document.title;
  #reader = new WatchReader();
  #message: string | undefined;
  #isMarked = false;
  /**
   * When the server last sent something over this connection. On the clock of Date.now(), which,
   * unlike performance.now(), counts the time that the computer sleeps.
   */
  #receivedAtMs: number | undefined;
  #probe: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param url The WebSocket URL of the message server at the bridge.
   * @param section Gets the state as `data-state`, and is hidden if the server has no live message.
   * @param text The element for the message.
   */
  constructor(url: URL, section: HTMLElement, text: HTMLElement, events: LiveMessageEvents) {
    this.#section = section;
    this.#text = text;
    this.#events = events;
    this.#socket = new ReconnectingSocket(url, {
      opened: () => this.#opened(),
      received: (received) => this.#received(received),
      closed: () => this.#connectionClosed(),
      stateChanged: (state) => this.#connectionChanged(state),
    });
  }

  /** The last message received. */
  get message(): string | undefined {
    return this.#message;
  }

  start(): void {
    this.#setState('unknown');
    new ResizeObserver(() => this.#updateTabStop()).observe(this.#text);
    addEventListener('online', () => this.#pageWoke());
    addEventListener('pageshow', () => this.#pageWoke());
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState !== 'visible') return;
      this.#isMarked = false;
      this.#updateTitle();
      this.#pageWoke();
    });
    this.#socket.connect();
  }

  #opened(): void {
    this.#reader = new WatchReader();
    this.#socket.send(this.#reader.request());
  }

  #received(text: string): void {
    this.#receivedAtMs = Date.now();
    const events = this.#reader.receive(text);
    // Skip messages that a later one in the same chunk replaces.
    const newest = events.findLast(({ is }) => is === 'message');
    for (const event of events) {
      if (event.is !== 'message' || event === newest) this.#handle(event);
    }
  }

  #handle(event: WatchEvent): void {
    switch (event.is) {
      case 'message':
        this.#endProbe();
        this.#setState('current');
        this.#show(event.message);
        break;
      case 'rejected':
        this.#setState('unsupported');
        this.#socket.close();
        break;
      case 'closing':
        // If the server does not close now, these words are the message. A probe determines which.
        if (this.#message !== undefined) this.#sendProbe();
        break;
      default:
        event satisfies never;
    }
  }

  #show(message: string): void {
    const before = this.#message;
    if (message === before) return;
    this.#message = message;
    this.#text.replaceChildren(linkedText(message));
    this.#text.scrollTop = 0;
    this.#isMarked = before !== undefined && document.visibilityState !== 'visible';
    this.#updateTitle();
    if (before !== undefined) this.#events.changed(message);
  }

  #updateTitle(): void {
    if (this.#message === undefined) return;
    const mark = this.#isMarked ? CHANGED_MARK : '';
    const message = isolate(truncate(this.#message));
    document.title = `${mark}${message} – ${this.#pageTitle}`;
  }

  #connectionChanged(state: ConnectionState): void {
    const shown = this.#section.dataset['state'];
    if (state.is === 'ended' && shown !== 'unsupported') {
      this.#setState('ended');
      this.#text.textContent = state.reason;
    } else if (state.is !== 'connected' && shown === 'current') this.#setState('stale');
  }

  #setState(state: MessageState): void {
    this.#section.dataset['state'] = state;
    this.#section.hidden = state === 'unsupported';
  }

  #pageWoke(): void {
    if (this.#receivedAtMs === undefined || Date.now() - this.#receivedAtMs < FRESH_MS) return;
    this.#sendProbe();
  }

  /** Requests the message again. If no reply comes, the connection is dead. */
  #sendProbe(): void {
    if (this.#probe !== undefined) return;
    this.#socket.send(this.#reader.request());
    this.#probe = setTimeout(() => {
      this.#socket.reconnect('the bridge stopped responding');
      this.#events.stoppedResponding();
    }, PROBE_TIMEOUT_MS);
  }

  #endProbe(): void {
    clearTimeout(this.#probe);
    this.#probe = undefined;
  }

  #connectionClosed(): void {
    this.#endProbe();
    this.#receivedAtMs = undefined;
  }

  /** Makes the text a tab stop while it scrolls, for scrolling with the keyboard. */
  #updateTabStop(): void {
    const doesScroll = this.#text.scrollHeight > this.#text.clientHeight;
    if (doesScroll) this.#text.tabIndex = 0;
    else this.#text.removeAttribute('tabindex');
  }
}

/** Keeps a text from right to left apart from what is beside it (UAX #9, FSI and PDI). */
function isolate(text: string): string {
  return RIGHT_TO_LEFT.test(text) ? `\u2068${text}\u2069` : text;
}

function truncate(message: string): string {
  const characters = [...message];
  if (characters.length <= MAX_TITLE_LENGTH) return message;
  return `${characters
    .slice(0, MAX_TITLE_LENGTH - 1)
    .join('')
    .trimEnd()}…`;
}
