// Today's message above the terminal and in the tab's title, kept current by a session of its own.

import { type WatchEvent, WatchReader } from '../../client/replies/watchReader.ts';
import { type ConnectionState, ReconnectingSocket } from '../connection/reconnectingSocket.ts';
import { linkedText } from '../ui/linkedText.ts';

export interface LiveMessageEvents {
  /** Somebody stored another message, while this page was open. */
  changed(message: string): void;
  /** The connection only seemed to be there. Others to the same bridge may be gone as well. */
  onDead(): void;
}

/**
 * What is known: nothing yet, the message in force, what it was before the connection was lost, or
 * that this server tells of none.
 */
type Knowledge = 'unknown' | 'current' | 'stale' | 'refused';

/** An answer that takes longer never comes: the computer slept, or has changed its network. */
const PROBE_PATIENCE_MS = 10_000;

/** Who looks at another tab for a moment need not ask anew. */
const FRESH_MS = 10_000;

/**
 * Tabs show less; a list of windows may show it all. In characters as a person counts them, nearly.
 */
const MAX_TITLE_LENGTH = 60;

/** In front of the title of a tab that nobody has looked at since. */
const CHANGED_MARK = '● ';

export class LiveMessage {
  readonly #section: HTMLElement;
  readonly #text: HTMLElement;
  readonly #events: LiveMessageEvents;
  readonly #socket: ReconnectingSocket;
  /** The title without a message. */
  readonly #pageTitle = document.title;
  #watching = new WatchReader();
  #message: string | undefined;
  #isMarked = false;
  /**
   * When the server last said anything over this connection. By the time of day: it goes on in a
   * sleep.
   */
  #receivedAtMs: number | undefined;
  #probe: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param url Where the bridge reaches the message server.
   * @param section What is shown: its `data-state` says what is known, and it hides where there is
   *   nothing.
   * @param text Where the message itself goes.
   */
  constructor(url: URL, section: HTMLElement, text: HTMLElement, events: LiveMessageEvents) {
    this.#section = section;
    this.#text = text;
    this.#events = events;
    this.#socket = new ReconnectingSocket(url, {
      opened: () => this.#opened(),
      received: (said) => this.#received(said),
      closed: () => this.#forgetConnection(),
      stateChanged: (state) => this.#connectionChanged(state),
    });
  }

  /** Begins to watch. */
  start(): void {
    this.#setState('unknown');
    new ResizeObserver(() => this.#letScrollByKey()).observe(this.#text);
    addEventListener('online', () => this.#woken());
    addEventListener('pageshow', () => this.#woken());
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState !== 'visible') return;
      this.#isMarked = false;
      this.#entitle();
      this.#woken();
    });
    this.#socket.connect();
  }

  #opened(): void {
    this.#watching = new WatchReader();
    this.#socket.send(this.#watching.request());
  }

  #received(said: string): void {
    this.#receivedAtMs = Date.now();
    const watched = this.#watching.received(said);
    // Of messages that come together only the last one is seen.
    const newest = watched.findLast(({ is }) => is === 'message');
    for (const heard of watched) {
      if (heard.is !== 'message' || heard === newest) this.#heard(heard);
    }
  }

  #heard(watched: WatchEvent): void {
    switch (watched.is) {
      case 'message':
        this.#endProbe();
        this.#setState('current');
        this.#show(watched.message);
        break;
      case 'refused':
        this.#setState('refused');
        this.#socket.close();
        break;
      case 'closing':
        // The server closes now. Where it does not, these words are the message: asked again, it
        // says so.
        if (this.#message !== undefined) this.#ask();
        break;
      default:
        watched satisfies never;
    }
  }

  #show(message: string): void {
    const before = this.#message;
    if (message === before) return;
    this.#message = message;
    this.#text.replaceChildren(linkedText(message));
    this.#text.scrollTop = 0;
    this.#isMarked = before !== undefined && document.visibilityState !== 'visible';
    this.#entitle();
    if (before !== undefined) this.#events.changed(message);
  }

  #entitle(): void {
    if (this.#message === undefined) return;
    const mark = this.#isMarked ? CHANGED_MARK : '';
    document.title = `${mark}${shortened(this.#message)} – ${this.#pageTitle}`;
  }

  #connectionChanged({ is }: ConnectionState): void {
    if (is === 'connected' || this.#section.dataset['state'] !== 'current') return;
    this.#setState('stale');
  }

  #setState(knowledge: Knowledge): void {
    this.#section.dataset['state'] = knowledge;
    this.#section.hidden = knowledge === 'refused';
  }

  #woken(): void {
    if (this.#receivedAtMs === undefined || Date.now() - this.#receivedAtMs < FRESH_MS) return;
    this.#ask();
  }

  /** Asks once more: an answer shows that the connection is there. */
  #ask(): void {
    if (this.#probe !== undefined) return;
    this.#socket.send(this.#watching.request());
    this.#probe = setTimeout(() => {
      this.#socket.reconnect('the bridge stopped responding');
      this.#events.onDead();
    }, PROBE_PATIENCE_MS);
  }

  #endProbe(): void {
    clearTimeout(this.#probe);
    this.#probe = undefined;
  }

  #forgetConnection(): void {
    this.#endProbe();
    this.#receivedAtMs = undefined;
  }

  /**
   * What scrolls has to be in reach of the Tab key, and what does not scroll should not stand in
   * its way.
   */
  #letScrollByKey(): void {
    const doesScroll = this.#text.scrollHeight > this.#text.clientHeight;
    if (doesScroll) this.#text.tabIndex = 0;
    else this.#text.removeAttribute('tabindex');
  }
}

function shortened(message: string): string {
  const characters = [...message];
  if (characters.length <= MAX_TITLE_LENGTH) return message;
  return `${characters
    .slice(0, MAX_TITLE_LENGTH - 1)
    .join('')
    .trimEnd()}…`;
}
