// A WebSocket that reconnects by itself: whenever it closes, it opens another one to the same URL.
// reconnection.pure.ts decides when; this file has the socket, the clock and the page's events.
//
//   connecting --opens, and the target stays--> connected
//              --fails--> waiting (offline if the browser has no network)
//   connected  --closes--> waiting or offline
//   waiting, offline --the time comes, or the page wakes--> connecting
//   any        --close(), or it closes after stopRetrying()--> ended
//   ended      --connect()--> connecting
//
// The bridge accepts a WebSocket before it knows whether the target does. Only the very first
// socket counts as connected as soon as it opens. Later ones have to send a byte or stay open for a
// moment, so that a target that refuses connections does not make the state flap.

import { closeReason } from './closeReason.pure.ts';
import { Reconnection } from './reconnection.pure.ts';
import { explainUpgradeFailure, WOULD_UPGRADE } from './upgradeFailure.ts';

export type ConnectionState =
  | { is: 'connecting' }
  | { is: 'connected' }
  /**
   * The connection was lost or could not be opened. `nextAtMs` is the time of the next attempt, on
   * the clock of performance.now().
   */
  | { is: 'waiting'; reason: string; nextAtMs: number }
  /** Like `waiting`, but the browser reports that it has no network. */
  | { is: 'offline'; reason: string }
  /** No further attempt without a call of `connect`. */
  | { is: 'ended'; reason: string };

/** If several apply to one event, `stateChanged` is called first. */
export interface ConnectionEvents {
  /** Connected: a conversation may begin. */
  opened(): void;
  /** Text from the server, in chunks that may end anywhere. */
  received(text: string): void;
  /**
   * The connection is closed. Called once for each `opened`, before the next one.
   *
   * @param wasStable Whether the connection lasted long enough to count as a good one.
   */
  closed(reason: string, wasStable: boolean): void;
  stateChanged(state: ConnectionState): void;
}

/** An attempt that takes longer is abandoned: browsers themselves wait for minutes. */
const OPEN_TIMEOUT_MS = 10_000;

/** The bridge closes a WebSocket whose target refuses the connection within this time. */
const CONFIRM_MS = 200;

/** The close code for an unreachable target: PROTOCOL.md, "Close codes". */
const TARGET_FAILED = 1014;

export class ReconnectingSocket {
  readonly #url: URL;
  readonly #events: ConnectionEvents;
  readonly #reconnection = new Reconnection();
  #state: ConnectionState = { is: 'ended', reason: 'not connected yet' };
  #webSocket: WebSocket | undefined;
  /** Ends the current step: the deadline to open, the delay to confirm, or the next attempt. */
  #stepTimer: ReturnType<typeof setTimeout> | undefined;
  #nextAtMs = 0;
  #isFirstAttempt = true;
  #hasStoppedRetrying = false;
  /** Whether a rejected handshake was already repeated since the last one that succeeded. */
  #hasRepeatedHandshake = false;
  /** Removes the listeners on the page's events. */
  #pageEvents: AbortController | undefined;

  constructor(url: URL, events: ConnectionEvents) {
    this.#url = url;
    this.#events = events;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /**
   * Connects immediately if it is not connected. Attempts start at least a second apart, so that a
   * key that is held down does not flood the bridge.
   */
  connect(): void {
    switch (this.#state.is) {
      case 'waiting':
      case 'offline':
        this.#wake();
        return;
      case 'connecting':
        this.#hasStoppedRetrying = false;
        return;
      case 'connected':
        if (!this.#hasStoppedRetrying) return;
        this.close();
        this.#start('this page closed the connection');
        return;
      case 'ended':
        this.#start(this.#state.reason);
        return;
      default:
        this.#state satisfies never;
    }
  }

  /** Sends text, with its LF. Does nothing while it is not connected. */
  send(text: string): void {
    if (this.#state.is === 'connected') this.#webSocket?.send(text);
  }

  /** Makes no further attempt: the next close is final. */
  stopRetrying(): void {
    this.#hasStoppedRetrying = true;
    if (this.#state.is === 'waiting' || this.#state.is === 'offline') this.#end(this.#state.reason);
  }

  /** Closes the connection, and does not reconnect. */
  close(): void {
    if (this.#state.is === 'ended') return;
    this.#hasStoppedRetrying = true;
    this.#disconnect('this page closed the connection');
  }

  /**
   * Replaces a connection that no longer responds. If the peer vanished without a FIN, for example
   * while the computer slept, TCP takes minutes to notice.
   */
  reconnect(reason: string): void {
    if (this.#state.is !== 'connected') return;
    this.#disconnect(reason);
    this.#wake();
  }

  /** @param reason Why there is no connection, for the state while the first attempt waits. */
  #start(reason: string): void {
    this.#hasStoppedRetrying = false;
    this.#watchPage();
    const nowMs = performance.now();
    const atMs = this.#reconnection.earliestAttempt(nowMs);
    if (atMs <= nowMs) {
      this.#attempt();
      return;
    }
    this.#attemptAt(atMs);
    this.#setState({ is: 'waiting', reason, nextAtMs: atMs });
  }

  #attempt(): void {
    this.#setState({ is: 'connecting' });
    this.#openWebSocket();
  }

  #openWebSocket(): void {
    this.#discardWebSocket();
    this.#reconnection.attemptStarted(performance.now());
    const webSocket = new WebSocket(this.#url);
    const decoder = new TextDecoder();
    let wasOpen = false;
    let hasReceived = false;
    webSocket.binaryType = 'arraybuffer';
    this.#webSocket = webSocket;
    this.#stepTimer = setTimeout(
      () => this.#disconnect('the bridge did not answer in time'),
      OPEN_TIMEOUT_MS,
    );
    webSocket.addEventListener('open', () => {
      if (this.#webSocket !== webSocket) return;
      wasOpen = true;
      this.#hasRepeatedHandshake = false;
      this.#confirm();
    });
    webSocket.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => {
      if (this.#webSocket !== webSocket) return;
      hasReceived = true;
      this.#becomeConnected();
      this.#events.received(decoder.decode(data, { stream: true }));
    });
    webSocket.addEventListener('close', ({ code, reason }) => {
      if (this.#webSocket !== webSocket) return;
      // The target was never reached, however long the bridge tried: not a stable connection.
      if (code === TARGET_FAILED && !hasReceived) this.#reconnection.discountConnection();
      if (wasOpen) this.#disconnect(closeReason(code, reason));
      else void this.#handleRejectedHandshake(webSocket);
    });
  }

  async #handleRejectedHandshake(webSocket: WebSocket): Promise<void> {
    const reason = await explainUpgradeFailure(this.#url);
    if (this.#webSocket !== webSocket) return;
    // If the handshake failed because the login cookie had expired, the request that explained the
    // failure renewed the cookie (bridge/http/loginCookie.ts): repeat the handshake once.
    if (reason !== WOULD_UPGRADE || this.#hasRepeatedHandshake) {
      this.#disconnect(reason);
      return;
    }
    this.#hasRepeatedHandshake = true;
    this.#openWebSocket();
  }

  /** Counts the first WebSocket as connected immediately, and a later one if it stays open. */
  #confirm(): void {
    clearTimeout(this.#stepTimer);
    if (this.#isFirstAttempt) this.#becomeConnected();
    else this.#stepTimer = setTimeout(() => this.#becomeConnected(), CONFIRM_MS);
  }

  #becomeConnected(): void {
    if (this.#state.is === 'connected') return;
    clearTimeout(this.#stepTimer);
    this.#isFirstAttempt = false;
    this.#reconnection.connectionOpened(performance.now());
    this.#setState({ is: 'connected' });
    this.#events.opened();
  }

  /** Discards the WebSocket, and schedules a retry unless `stopRetrying` was called. */
  #disconnect(reason: string): void {
    const wasConnected = this.#state.is === 'connected';
    const wasStable = this.#reconnection.isStable(performance.now());
    this.#discardWebSocket();
    this.#isFirstAttempt = false;
    if (this.#hasStoppedRetrying) this.#end(reason);
    else this.#scheduleRetry(reason);
    if (wasConnected) this.#events.closed(reason, wasStable);
  }

  #discardWebSocket(): void {
    clearTimeout(this.#stepTimer);
    const webSocket = this.#webSocket;
    this.#webSocket = undefined;
    webSocket?.close();
  }

  #end(reason: string): void {
    this.#discardWebSocket();
    this.#pageEvents?.abort();
    this.#pageEvents = undefined;
    this.#setState({ is: 'ended', reason });
  }

  #scheduleRetry(reason: string): void {
    this.#attemptAt(this.#reconnection.attemptFailed(performance.now(), Math.random()));
    if (navigator.onLine) this.#setState({ is: 'waiting', reason, nextAtMs: this.#nextAtMs });
    else if (this.#state.is !== 'offline') this.#setState({ is: 'offline', reason });
  }

  #attemptAt(atMs: number): void {
    clearTimeout(this.#stepTimer);
    this.#nextAtMs = atMs;
    this.#stepTimer = setTimeout(() => {
      // Also retry while offline, because the bridge may run on this computer. Do not leave the
      // state for each of these attempts.
      if (this.#state.is === 'offline' && !navigator.onLine) this.#openWebSocket();
      else this.#attempt();
    }, atMs - performance.now());
  }

  /** Brings the next attempt forward, if one is scheduled. */
  #wake(): void {
    if (this.#webSocket !== undefined) return;
    if (this.#state.is !== 'waiting' && this.#state.is !== 'offline') return;
    const nowMs = performance.now();
    const atMs = this.#reconnection.earliestAttempt(nowMs);
    if (atMs <= nowMs) {
      this.#attempt();
      return;
    }
    if (atMs >= this.#nextAtMs) return;
    this.#attemptAt(atMs);
    if (this.#state.is === 'waiting') this.#setState({ ...this.#state, nextAtMs: atMs });
  }

  #setState(state: ConnectionState): void {
    this.#state = state;
    this.#events.stateChanged(state);
  }

  #watchPage(): void {
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
    // A page with an open WebSocket is not eligible for the browser's back/forward cache.
    addEventListener(
      'pagehide',
      () => {
        if (this.#webSocket !== undefined) this.#disconnect('this page was left');
      },
      { signal },
    );
  }
}
