// A WebSocket that reconnects by itself: whenever it closes, it opens another one to the same URL.
// connectionAttempt.ts has the WebSocket; reconnection.pure.ts decides when to try; this file has
// the clock and the page's events.
//
//   state       event                                  next state
//   ended       connect()                              connecting; waiting if it is too soon
//   connecting  the attempt is established             connected
//               the attempt ends                       waiting, offline or ended: see below
//   connected   the connection ends                    waiting, offline or ended: see below
//               connect(), with policy `once`          connecting; waiting if it is too soon
//               reconnect()                            connecting; waiting if it is too soon
//   waiting     the time comes, or the page wakes      connecting
//   offline     the page wakes                         connecting
//               the time comes                         offline, with an attempt under way
//               that attempt is established            connected
//               that attempt ends                      offline; waiting if there is a network
//   waiting,    connect()                              as when the page wakes
//   offline,    stopRetrying()                         ended
//   loggedOut
//   loggedOut   the page wakes or gets the focus       connecting; waiting if it is too soon
//   any         close()                                ended
//
// What follows an attempt or a connection that ends depends on the policy: `once` leads to ended,
// `reconnect` to waiting, to offline if the browser has no network, or to loggedOut if only a login
// at a proxy helps: no attempt follows before the user comes back to the page. `stopRetrying` makes it
// `once`, and `connect` sets it again. A target that is read only, and got something, leads to ended.

import type { BufferedSocket } from './bufferedSocket.ts';
import { isFinal } from './closeReason.pure.ts';
import { ConnectionAttempt, type ConnectionAttemptEvents } from './connectionAttempt.ts';
import { Reconnection } from './reconnection.pure.ts';
import { LOGIN_EXPIRED } from './upgradeFailure.ts';

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
  /** A proxy asks for a login. The page tries again when the user comes back to it. */
  | { is: 'loggedOut'; reason: string }
  /** No further attempt without a call of `connect`. */
  | { is: 'ended'; reason: string };

/** What happens when the connection ends: it is opened again, or not. */
export type ConnectionPolicy = 'reconnect' | 'once';

/** If several apply to one event, `stateChanged` is called first. */
export interface ConnectionEvents {
  /** Connected: a conversation may begin. */
  opened(): void;
  /** Text from the server, in chunks that may end anywhere. */
  received(text: string): void;
  /** Another notice of the bridge arrived (PROTOCOL.md, "Notices"). */
  notified?(text: string): void;
  /**
   * The connection is closed. Called once for each `opened`, before the next one.
   *
   * @param wasStable Whether the connection lasted long enough to count as a good one.
   */
  closed(reason: string, wasStable: boolean): void;
  stateChanged(state: ConnectionState): void;
}

/** The next attempt, which a timer starts. */
interface NextAttempt {
  readonly atMs: number;
  readonly timer: ReturnType<typeof setTimeout>;
}

type SocketState =
  | { is: 'ended' | 'loggedOut'; reason: string }
  | { is: 'connecting'; attempt: ConnectionAttempt; policy: ConnectionPolicy }
  | { is: 'connected'; attempt: ConnectionAttempt; policy: ConnectionPolicy }
  | { is: 'waiting'; reason: string; next: NextAttempt; policy: ConnectionPolicy }
  /** Attempts go on, because the bridge may run on this computer; they do not show. */
  | { is: 'offline'; reason: string; next: NextAttempt }
  | { is: 'offline'; reason: string; attempt: ConnectionAttempt };

export class ReconnectingSocket {
  readonly #url: URL;
  readonly #events: ConnectionEvents;
  readonly #reconnection = new Reconnection();
  #state: SocketState = { is: 'ended', reason: 'not connected yet' };
  /**
   * Removes the listeners on the page's events. `undefined` before there are any, because abort()
   * records a stack trace, for which the browser parses the whole script again.
   */
  #pageEvents: AbortController | undefined;
  /** For the first attempt. */
  #early: BufferedSocket | undefined;

  /** @param early A WebSocket to this URL that is open, or is being opened, already. */
  constructor(url: URL, events: ConnectionEvents, early?: BufferedSocket) {
    this.#url = url;
    this.#events = events;
    this.#early = early;
  }

  get state(): ConnectionState {
    return shown(this.#state);
  }

  /**
   * Connects immediately if it is not connected. Attempts start at least a second apart, so that a
   * key that is held down does not flood the bridge.
   *
   * @param policy What happens when this connection, or the attempt to open it, ends.
   */
  connect(policy: ConnectionPolicy = 'reconnect'): void {
    switch (this.#state.is) {
      case 'waiting':
        this.#state = { ...this.#state, policy };
        this.#wake();
        return;
      case 'offline':
        this.#wake();
        return;
      case 'connecting':
        this.#state = { ...this.#state, policy };
        return;
      case 'connected':
        if (this.#state.policy === 'reconnect') return;
        this.close();
        this.#start('this page closed the connection', policy);
        return;
      case 'loggedOut':
      case 'ended':
        this.#start(this.#state.reason, policy);
        return;
      default:
        this.#state satisfies never;
    }
  }

  /** Sends text, with its LF. Does nothing while it is not connected. */
  send(text: string): void {
    if (this.#state.is === 'connected') this.#state.attempt.send(text);
  }

  /** Makes the end of the connection final. Between two attempts, it ends immediately. */
  stopRetrying(): void {
    switch (this.#state.is) {
      case 'connecting':
      case 'connected':
        this.#state = { ...this.#state, policy: 'once' };
        return;
      case 'waiting':
      case 'offline':
      case 'loggedOut':
        this.#end(this.#state.reason);
    }
  }

  /** Closes the connection, and does not reconnect. */
  close(): void {
    if (this.#state.is === 'ended') return;
    const wasConnected = this.#state.is === 'connected';
    const wasStable = this.#reconnection.isStable(performance.now());
    const reason = 'this page closed the connection';
    this.#end(reason);
    if (wasConnected) this.#events.closed(reason, wasStable);
  }

  /**
   * Replaces a connection that no longer responds. If the peer vanished without a FIN, for example
   * while the computer slept, TCP takes minutes to notice.
   */
  reconnect(reason: string): void {
    if (this.#state.is !== 'connected') return;
    this.#attemptEnded(reason);
    this.#wake();
  }

  /** @param reason Why there is no connection, for the state while the first attempt waits. */
  #start(reason: string, policy: ConnectionPolicy): void {
    this.#watchPage();
    const nowMs = performance.now();
    const atMs = this.#reconnection.earliestAttempt(nowMs);
    if (atMs <= nowMs) this.#setState({ is: 'connecting', attempt: this.#attempt(), policy });
    else this.#setState({ is: 'waiting', reason, next: this.#schedule(atMs), policy });
  }

  #attempt(): ConnectionAttempt {
    this.#reconnection.attemptStarted(performance.now());
    const early = this.#early;
    this.#early = undefined;
    const events: ConnectionAttemptEvents = {
      established: () => this.#attemptEstablished(),
      received: (text) => this.#events.received(text),
      notified: (text) => this.#events.notified?.(text),
      ended: (reason) => this.#attemptEnded(reason),
    };
    return new ConnectionAttempt(this.#url, events, early);
  }

  #attemptEstablished(): void {
    if (!('attempt' in this.#state)) return;
    const { attempt } = this.#state;
    const policy = this.#state.is === 'offline' ? 'reconnect' : this.#state.policy;
    this.#reconnection.connectionOpened(performance.now());
    this.#setState({ is: 'connected', attempt, policy });
    this.#events.opened();
  }

  #attemptEnded(reason: string): void {
    const { is } = this.#state;
    const nowMs = performance.now();
    const wasStable = this.#reconnection.isStable(nowMs);
    const isOnce = 'policy' in this.#state && this.#state.policy === 'once';
    if (isOnce || isFinal(reason)) this.#end(reason);
    else if (reason === LOGIN_EXPIRED) this.#awaitLogin(reason);
    else this.#retryLater(reason, this.#reconnection.attemptFailed(nowMs, Math.random()));
    if (is === 'connected') this.#events.closed(reason, wasStable);
  }

  #retryLater(reason: string, atMs: number): void {
    this.#leaveState();
    const next = this.#schedule(atMs);
    if (navigator.onLine) this.#setState({ is: 'waiting', reason, next, policy: 'reconnect' });
    else this.#setState({ is: 'offline', reason, next });
  }

  #awaitLogin(reason: string): void {
    this.#leaveState();
    this.#setState({ is: 'loggedOut', reason });
  }

  /** Brings the next attempt forward, if one is scheduled. The user may have logged in elsewhere. */
  #wake(): void {
    if (this.#state.is === 'loggedOut') this.connect();
    if (!('next' in this.#state)) return;
    const { next } = this.#state;
    const nowMs = performance.now();
    const atMs = this.#reconnection.earliestAttempt(nowMs);
    if (atMs <= nowMs) this.#connectNow();
    else if (atMs < next.atMs) {
      clearTimeout(next.timer);
      this.#setState({ ...this.#state, next: this.#schedule(atMs) });
    }
  }

  #schedule(atMs: number): NextAttempt {
    return { atMs, timer: setTimeout(() => this.#timeCame(), atMs - performance.now()) };
  }

  #timeCame(): void {
    if (this.#state.is !== 'offline' || navigator.onLine) this.#connectNow();
    else this.#setState({ is: 'offline', reason: this.#state.reason, attempt: this.#attempt() });
  }

  #connectNow(): void {
    const policy = this.#state.is === 'waiting' ? this.#state.policy : 'reconnect';
    this.#leaveState();
    this.#setState({ is: 'connecting', attempt: this.#attempt(), policy });
  }

  #end(reason: string): void {
    this.#leaveState();
    this.#pageEvents?.abort();
    this.#setState({ is: 'ended', reason });
  }

  /** Discards what the state holds: a WebSocket, or a timer. */
  #leaveState(): void {
    if ('attempt' in this.#state) this.#state.attempt.discard();
    if ('next' in this.#state) clearTimeout(this.#state.next.timer);
  }

  #setState(state: SocketState): void {
    // Otherwise, screen readers would announce every attempt while there is no network.
    const isShown = state.is !== 'offline' || this.#state.is !== 'offline';
    this.#state = state;
    if (isShown) this.#events.stateChanged(shown(state));
  }

  #watchPage(): void {
    this.#pageEvents?.abort();
    this.#pageEvents = new AbortController();
    const { signal } = this.#pageEvents;
    const wake = () => this.#wake();
    addEventListener('online', wake, { signal });
    addEventListener('pageshow', wake, { signal });
    // Of two windows that are both visible.
    addEventListener('focus', () => this.#state.is === 'loggedOut' && wake(), { signal });
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
        if ('attempt' in this.#state) this.#attemptEnded('this page was left');
      },
      { signal },
    );
  }
}

function shown(state: SocketState): ConnectionState {
  switch (state.is) {
    case 'waiting':
      return { is: 'waiting', reason: state.reason, nextAtMs: state.next.atMs };
    case 'offline':
    case 'loggedOut':
    case 'ended':
      return { is: state.is, reason: state.reason };
    case 'connecting':
    case 'connected':
      return { is: state.is };
  }
}
