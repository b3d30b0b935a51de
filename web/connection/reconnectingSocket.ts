// The way to a server that comes back by itself: a WebSocket to one address of the bridge, and
// another one after it. When to try is decided in reconnection.ts; here are the socket, the clock
// and the page.

import { closeReason } from './closeReason.pure.ts';
import { Reconnection } from './reconnection.pure.ts';
import { explainUpgradeFailure, WOULD_UPGRADE } from './upgradeFailure.ts';

export type ConnectionState =
  | { is: 'connecting' }
  | { is: 'connected' }
  /**
   * It was lost, or could not be had; `nextAtMs`, as performance.now() counts, is when to try
   * again.
   */
  | { is: 'waiting'; reason: string; nextAtMs: number }
  /** The same, and the browser says that it has no network: `online` is waited for. */
  | { is: 'offline'; reason: string }
  /** No further try by itself. */
  | { is: 'ended'; reason: string };

/** What happens to a link. `stateChanged` comes first where one moment has two of them. */
export interface ConnectionEvents {
  /** A conversation may begin. */
  opened(): void;
  /** Text from the server, cut anywhere. */
  received(text: string): void;
  /**
   * The connection that `opened` spoke of is gone: once for each, before the next `opened`.
   *
   * @param hasLasted Whether it had been a good one, and not one more try that came to nothing.
   */
  closed(reason: string, hasLasted: boolean): void;
  stateChanged(state: ConnectionState): void;
}

/** A try that has not opened by then is given up: browsers wait for minutes. */
const PATIENCE_MS = 10_000;

/**
 * The bridge lets a page in before it knows whether the target does: a refusal follows within that.
 */
const SETTLING_MS = 200;

/** The close code for it: PROTOCOL.md, "After it". */
const TARGET_FAILED = 1014;

export class ReconnectingSocket {
  readonly #url: URL;
  readonly #events: ConnectionEvents;
  readonly #reconnection = new Reconnection();
  #state: ConnectionState = { is: 'ended', reason: 'not connected yet' };
  #webSocket: WebSocket | undefined;
  /** Of the one thing that is waited for: that it opens, that it settles, or the next try. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  #nextAtMs = 0;
  #isFirstTry = true;
  #isResting = false;
  /** Whether a refused handshake was tried again, since one was accepted. */
  #hasTriedAgain = false;
  /** Hears of the page's comings and goings, until it is aborted. */
  #pageEvents: AbortController | undefined;

  constructor(url: URL, events: ConnectionEvents) {
    this.#url = url;
    this.#events = events;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /**
   * Connects now, in whatever state it is, unless it is connected. Where the last try began less
   * than a second ago, that second is waited for: a key held down is no storm of tries.
   */
  connect(): void {
    switch (this.#state.is) {
      case 'waiting':
      case 'offline':
        this.#wake();
        return;
      case 'connecting':
        this.#isResting = false;
        return;
      case 'connected':
        if (!this.#isResting) return;
        this.close();
        this.#begin('this page closed the connection');
        return;
      case 'ended':
        this.#begin(this.#state.reason);
        return;
      default:
        this.#state satisfies never;
    }
  }

  /** Sends text, its LF included. What is said while it is not connected is lost. */
  send(text: string): void {
    if (this.#state.is === 'connected') this.#webSocket?.send(text);
  }

  /** The conversation is over: whatever closes now is final. */
  rest(): void {
    this.#isResting = true;
    if (this.#state.is === 'waiting' || this.#state.is === 'offline') this.#end(this.#state.reason);
  }

  /** Ends it now. */
  close(): void {
    if (this.#state.is === 'ended') return;
    this.#isResting = true;
    this.#lose('this page closed the connection');
  }

  /**
   * Connects anew where it only seems to be connected: a peer that is gone without a word, as after
   * the computer's sleep, would be missed minutes later.
   */
  renew(reason: string): void {
    if (this.#state.is !== 'connected') return;
    this.#lose(reason);
    this.#wake();
  }

  /** @param reason Why there is no connection. */
  #begin(reason: string): void {
    this.#isResting = false;
    this.#listen();
    const nowMs = performance.now();
    const atMs = this.#reconnection.woken(nowMs);
    if (atMs <= nowMs) {
      this.#try();
      return;
    }
    this.#tryAt(atMs);
    this.#enter({ is: 'waiting', reason, nextAtMs: atMs });
  }

  #try(): void {
    this.#enter({ is: 'connecting' });
    this.#dial();
  }

  #dial(): void {
    this.#drop();
    this.#reconnection.tried(performance.now());
    const webSocket = new WebSocket(this.#url);
    const decoder = new TextDecoder();
    let wasOpen = false;
    let hasHeard = false;
    webSocket.binaryType = 'arraybuffer';
    this.#webSocket = webSocket;
    this.#timer = setTimeout(() => this.#lose('the bridge did not answer in time'), PATIENCE_MS);
    webSocket.addEventListener('open', () => {
      if (this.#webSocket !== webSocket) return;
      wasOpen = true;
      this.#hasTriedAgain = false;
      this.#settle();
    });
    webSocket.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => {
      if (this.#webSocket !== webSocket) return;
      hasHeard = true;
      this.#open();
      this.#events.received(decoder.decode(data, { stream: true }));
    });
    webSocket.addEventListener('close', ({ code, reason }) => {
      if (this.#webSocket !== webSocket) return;
      // However long the bridge waited for the target, it was never there.
      if (code === TARGET_FAILED && !hasHeard) this.#reconnection.cameToNothing();
      if (wasOpen) this.#lose(closeReason(code, reason));
      else void this.#loseRefused(webSocket);
    });
  }

  async #loseRefused(webSocket: WebSocket): Promise<void> {
    const reason = await explainUpgradeFailure(this.#url);
    if (this.#webSocket !== webSocket) return;
    // Where the handshake lacked the password and its login cookie had expired, the answer to this
    // question brought another cookie (bridge/http/loginCookie.ts).
    if (reason !== WOULD_UPGRADE || this.#hasTriedAgain) {
      this.#lose(reason);
      return;
    }
    this.#hasTriedAgain = true;
    this.#dial();
  }

  /**
   * The very first conversation begins at once; one after a failure, when it is not refused again.
   */
  #settle(): void {
    clearTimeout(this.#timer);
    if (this.#isFirstTry) this.#open();
    else this.#timer = setTimeout(() => this.#open(), SETTLING_MS);
  }

  #open(): void {
    if (this.#state.is === 'connected') return;
    clearTimeout(this.#timer);
    this.#isFirstTry = false;
    this.#reconnection.opened(performance.now());
    this.#enter({ is: 'connected' });
    this.#events.opened();
  }

  #lose(reason: string): void {
    const wasConnected = this.#state.is === 'connected';
    const hasLasted = this.#reconnection.hasLasted(performance.now());
    this.#drop();
    this.#isFirstTry = false;
    if (this.#isResting) this.#end(reason);
    else this.#planNext(reason);
    if (wasConnected) this.#events.closed(reason, hasLasted);
  }

  #drop(): void {
    clearTimeout(this.#timer);
    const webSocket = this.#webSocket;
    this.#webSocket = undefined;
    webSocket?.close();
  }

  #end(reason: string): void {
    this.#drop();
    this.#pageEvents?.abort();
    this.#pageEvents = undefined;
    this.#enter({ is: 'ended', reason });
  }

  #planNext(reason: string): void {
    this.#tryAt(this.#reconnection.failed(performance.now(), Math.random()));
    if (navigator.onLine) this.#enter({ is: 'waiting', reason, nextAtMs: this.#nextAtMs });
    else if (this.#state.is !== 'offline') this.#enter({ is: 'offline', reason });
  }

  #tryAt(atMs: number): void {
    clearTimeout(this.#timer);
    this.#nextAtMs = atMs;
    this.#timer = setTimeout(() => {
      // Without a network it tries on, the bridge may be on this very computer; but that is not
      // told each time.
      if (this.#state.is === 'offline' && !navigator.onLine) this.#dial();
      else this.#try();
    }, atMs - performance.now());
  }

  /** Tries now, if a try is what it waits for. */
  #wake(): void {
    if (this.#webSocket !== undefined) return;
    if (this.#state.is !== 'waiting' && this.#state.is !== 'offline') return;
    const nowMs = performance.now();
    const atMs = this.#reconnection.woken(nowMs);
    if (atMs <= nowMs) {
      this.#try();
      return;
    }
    if (atMs >= this.#nextAtMs) return;
    this.#tryAt(atMs);
    if (this.#state.is === 'waiting') this.#enter({ ...this.#state, nextAtMs: atMs });
  }

  #enter(state: ConnectionState): void {
    this.#state = state;
    this.#events.stateChanged(state);
  }

  #listen(): void {
    this.#pageEvents?.abort();
    this.#pageEvents = new AbortController();
    const { signal } = this.#pageEvents;
    const wake = () => this.#wake();
    addEventListener('online', wake, { signal });
    addEventListener('pageshow', wake, { signal });
    document.addEventListener(
      'visibilitychange',
      () => {
        if (document.visibilityState === 'visible') wake();
      },
      { signal },
    );
    // A page that keeps a connection cannot be kept itself, for when the reader comes back to it.
    addEventListener(
      'pagehide',
      () => {
        if (this.#webSocket !== undefined) this.#lose('this page was left');
      },
      { signal },
    );
  }
}
