// The live message above the terminal and in the tab's title. It uses a separate session, in which
// MSGWATCH makes the server send each new message. MSGINFO asks for its details: in the same write
// at the start, and again after each change.

import type { EntryDetails } from '../../client/replies/entryLine.ts';
import { type WatchEvent, WatchReader } from '../../client/replies/watchReader.ts';
import type { ConnectionState } from '../connection/connectionState.pure.ts';
import { ReconnectingSocket } from '../connection/reconnectingSocket.ts';
import type { MessageBanner } from './messageBanner.ts';

export interface LiveMessageEvents {
  /** The message changed after this page had shown one. */
  changed(message: string): void;
  /** The connection stopped responding. Others to the same bridge may be affected, too. */
  stoppedResponding(): void;
}

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
  readonly #banner: MessageBanner;
  readonly #events: LiveMessageEvents;
  readonly #socket: ReconnectingSocket;
  /** The title without a message. */
  readonly #pageTitle = document.title;
  #reader = new WatchReader();
  #message: string | undefined;
  #details: EntryDetails | undefined;
  #isMarked = false;
  /**
   * When the server last sent something over this connection. On the clock of Date.now(), which,
   * unlike performance.now(), counts the time that the computer sleeps.
   */
  #receivedAtMs: number | undefined;
  #probe: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param url The WebSocket URL of the message server at the bridge.
   * @param banner Shows the message.
   */
  constructor(url: URL, banner: MessageBanner, events: LiveMessageEvents) {
    this.#banner = banner;
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

  /** Its details, if the server has sent them. */
  get details(): EntryDetails | undefined {
    return this.#details;
  }

  start(): void {
    this.#banner.state = 'unknown';
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

  /** Connects again if the target ended the connection for good, as one that is unknown does. */
  reconnect(): void {
    if (this.#banner.state === 'ended') this.#socket.connect();
  }

  #opened(): void {
    this.#reader = new WatchReader();
    this.#socket.send(this.#reader.requestWithDetails());
  }

  #received(text: string): void {
    this.#receivedAtMs = Date.now();
    const wasAwaiting = this.#reader.isAwaiting;
    const before = this.#message;
    const events = this.#reader.receive(text);
    // Skip messages that a later one in the same chunk replaces.
    const newest = events.findLast(({ is }) => is === 'message');
    for (const event of events) {
      if (event.is !== 'message' || event === newest) this.#handle(event);
    }
    // A reply without details is not repeated for the same message: they may be missing again.
    const isNew = newest !== undefined && (!wasAwaiting || this.#message !== before);
    if (isNew && this.#details === undefined) this.#requestDetails();
  }

  #requestDetails(): void {
    const { isAwaiting, knowsDetails } = this.#reader;
    if (!isAwaiting && knowsDetails) this.#socket.send(this.#reader.requestWithDetails());
  }

  #handle(event: WatchEvent): void {
    switch (event.is) {
      case 'message':
        this.#endProbe();
        this.#banner.state = 'current';
        this.#show(event.message);
        this.#details = event.details;
        this.#banner.showDetails(event.details);
        break;
      case 'rejected':
        this.#banner.state = 'unsupported';
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
    this.#banner.show(message);
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
    const shown = this.#banner.state;
    if (state.is === 'ended' && shown !== 'unsupported') {
      this.#banner.end(state.reason);
      this.#message = this.#details = undefined;
    } else if (state.is !== 'connected' && shown === 'current') this.#banner.state = 'stale';
  }

  #pageWoke(): void {
    if (this.#receivedAtMs === undefined || Date.now() - this.#receivedAtMs < FRESH_MS) return;
    this.#sendProbe();
  }

  /** Requests the message again. If no reply comes, the connection is dead. */
  #sendProbe(): void {
    if (this.#probe !== undefined) return;
    // While a reply is awaited, that is the probe.
    if (!this.#reader.isAwaiting) this.#socket.send(this.#reader.requestWithDetails());
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
