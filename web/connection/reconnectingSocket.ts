// A WebSocket that reconnects by itself: whenever it closes, it opens another one to the same URL.
// connectionAttempt.ts has the WebSocket; reconnection.pure.ts decides when to try; this file has
// the clock and the page's events.
//
//   state       event                                  next state
//   ended       connect()                              connecting
//   connecting  the attempt is established             connected
//               the attempt ends                       waiting, offline or ended: see below
//               the browser goes offline               offline
//   connected   the connection ends                    waiting, offline or ended: see below
//               connect(), with policy `once`          connecting
//               reconnect()                            connecting; waiting if it is too soon
//               the browser goes offline               doubtful
//   doubtful    something arrives, or the page wakes   connected
//               the connection ends                    as if connected
//               connect(), reconnect()                 connecting; offline if it is too soon
//   waiting     the time comes, or the page wakes      connecting
//               the browser goes offline               offline
//   offline     the page wakes                         connecting
//               the time comes                         offline, with an attempt under way
//               that attempt is established            connected
//               that attempt ends                      offline; waiting if there is a network
//   waiting,    connect()                              as when the page wakes
//   offline,    stopRetrying()                         ended
//   loggedOut
//   loggedOut   the page wakes or gets the focus       connecting
//   any         close()                                ended
//
// What follows an attempt or a connection that ends depends on the policy: `once` leads to ended,
// `reconnect` to waiting, to offline if the browser has no network, or to loggedOut if only a login
// at a proxy helps: no attempt follows before the user comes back to the page. `stopRetrying` makes it
// `once`, and `connect` sets it again. If every further attempt would end in the same way, because
// there is no such target, or it is read only and got something, ended follows.

import type { BufferedSocket } from './bufferedSocket.ts';
import { ConnectionAttempt, type ConnectionAttemptEvents } from './connectionAttempt.ts';
import {
  CLOSED_BY_PAGE,
  type ConnectionEvents,
  type ConnectionState,
  isFinal,
} from './connectionState.pure.ts';
import { listenToPage } from './pageEvents.ts';
import { Reconnection } from './reconnection.pure.ts';
import { LOGIN_EXPIRED } from './upgradeFailure.ts';

/** What happens when the connection ends: it is opened again, or not. */
export type ConnectionPolicy = 'reconnect' | 'once';

/** The next attempt, which a timer starts. */
interface NextAttempt {
  readonly atMs: number;
  discard(): void;
}

type SocketState =
  | { is: 'ended' | 'loggedOut'; reason: string }
  | { is: 'connecting'; attempt: ConnectionAttempt; policy: ConnectionPolicy }
  /** The last attempt was less than a second ago. */
  | { is: 'connecting'; next: NextAttempt; policy: ConnectionPolicy }
  /** `doubtful`: connected, but the browser reports no network. It may be wrong, or be back soon. */
  | { is: 'connected' | 'doubtful'; attempt: ConnectionAttempt; policy: ConnectionPolicy }
  | { is: 'waiting'; reason: string; next: NextAttempt; policy: ConnectionPolicy }
  /** Attempts go on, because the bridge may run on this computer; they do not show. */
  | { is: 'offline'; reason: string; next: NextAttempt }
  | { is: 'offline'; reason: string; attempt: ConnectionAttempt };

const NO_NETWORK = 'no network';

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
   * key that is held down does not flood the bridge. The first one after `close` starts at once.
   *
   * @param policy What happens when this connection, or the attempt to open it, ends.
   */
  connect(policy: ConnectionPolicy = 'reconnect'): void {
    switch (this.#state.is) {
      case 'connecting':
      case 'waiting':
        this.#state = { ...this.#state, policy };
        this.#wake();
        return;
      case 'offline':
        this.#wake();
        return;
      case 'doubtful':
        this.reconnect(NO_NETWORK);
        return;
      case 'connected':
        if (this.#state.policy === 'reconnect') return;
        this.close();
        this.#start(policy);
        return;
      case 'loggedOut':
      case 'ended':
        this.#start(policy);
        return;
      default:
        this.#state satisfies never;
    }
  }

  /** Sends text, with its LF. Does nothing while it is not connected. */
  send(text: string): void {
    if (isOpen(this.#state)) this.#state.attempt.send(text);
  }

  /** Makes the end of the connection final. Between two attempts, it ends immediately. */
  stopRetrying(): void {
    const state = this.#state;
    if ('attempt' in state && state.is !== 'offline') this.#state = { ...state, policy: 'once' };
    else if (state.is !== 'ended') this.#end('reason' in state ? state.reason : CLOSED_BY_PAGE);
  }

  /** Closes the connection, and does not reconnect. */
  close(): void {
    if (this.#state.is === 'ended') return;
    const wasOpen = isOpen(this.#state);
    const wasStable = this.#reconnection.isStable(performance.now());
    this.#end(CLOSED_BY_PAGE);
    if (!wasOpen) return;
    this.#reconnection.connectionEnded();
    this.#events.closed(CLOSED_BY_PAGE, wasStable);
  }

  /**
   * Replaces a connection that no longer responds. If the peer vanished without a FIN, for example
   * while the computer slept, TCP takes minutes to notice.
   */
  reconnect(reason: string): void {
    if (!isOpen(this.#state)) return;
    this.#attemptEnded(reason);
    this.#wake();
  }

  #start(policy: ConnectionPolicy): void {
    this.#listenToPage();
    const nowMs = performance.now();
    const atMs = this.#reconnection.earliestAttempt(nowMs);
    if (atMs <= nowMs) this.#setState({ is: 'connecting', attempt: this.#attempt(), policy });
    else this.#setState({ is: 'connecting', next: this.#schedule(atMs), policy });
  }

  #attempt(): ConnectionAttempt {
    this.#reconnection.attemptStarted(performance.now());
    const early = this.#early;
    this.#early = undefined;
    const events: ConnectionAttemptEvents = {
      established: () => this.#attemptEstablished(),
      received: (text) => {
        if (this.#state.is === 'doubtful') this.#setState({ ...this.#state, is: 'connected' });
        this.#events.received(text);
      },
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
    const wasOpen = isOpen(this.#state);
    const nowMs = performance.now();
    const wasStable = this.#reconnection.isStable(nowMs);
    const isOnce = 'policy' in this.#state && this.#state.policy === 'once';
    if (isOnce || isFinal(reason)) this.#end(reason);
    else if (reason === LOGIN_EXPIRED) this.#setState({ is: 'loggedOut', reason });
    else this.#retryLater(reason, this.#reconnection.attemptFailed(nowMs, Math.random()));
    if (wasOpen) this.#events.closed(reason, wasStable);
  }

  #retryLater(reason: string, atMs: number): void {
    const next = this.#schedule(atMs);
    if (navigator.onLine) this.#setState({ is: 'waiting', reason, next, policy: 'reconnect' });
    else this.#setState({ is: 'offline', reason, next });
  }

  /** Brings the next attempt forward, if one is scheduled. The user may have logged in elsewhere. */
  #wake(): void {
    if (this.#state.is === 'doubtful' && navigator.onLine)
      this.#setState({ ...this.#state, is: 'connected' });
    if (this.#state.is === 'loggedOut') this.connect();
    if (!('next' in this.#state)) return;
    const nowMs = performance.now();
    const atMs = this.#reconnection.earliestAttempt(nowMs);
    if (atMs <= nowMs) this.#connectNow();
    else if (atMs < this.#state.next.atMs)
      this.#setState({ ...this.#state, next: this.#schedule(atMs) });
  }

  #schedule(atMs: number): NextAttempt {
    const timer = setTimeout(() => this.#timeCame(), atMs - performance.now());
    return { atMs, discard: () => clearTimeout(timer) };
  }

  #timeCame(): void {
    if (this.#state.is !== 'offline' || navigator.onLine) this.#connectNow();
    else this.#setState({ is: 'offline', reason: this.#state.reason, attempt: this.#attempt() });
  }

  #connectNow(): void {
    const policy = 'policy' in this.#state ? this.#state.policy : 'reconnect';
    this.#setState({ is: 'connecting', attempt: this.#attempt(), policy });
  }

  #end(reason: string): void {
    this.#pageEvents?.abort();
    this.#setState({ is: 'ended', reason });
  }

  /** Discards the WebSocket or the timer that the next state no longer holds. */
  #setState(state: SocketState): void {
    const before = shown(this.#state);
    const held = heldBy(this.#state);
    this.#state = state;
    if (held !== heldBy(state)) held?.discard();
    const after = shown(state);
    // Otherwise, screen readers would announce every attempt while there is no network.
    if (after.is !== before.is || after.is === 'waiting') this.#events.stateChanged(after);
  }

  #listenToPage(): void {
    this.#pageEvents?.abort();
    this.#pageEvents = listenToPage({
      woke: () => this.#wake(),
      focused: () => this.#state.is === 'loggedOut' && this.#wake(),
      wentOffline: () => this.#wentOffline(),
      left: () => {
        if ('attempt' in this.#state) this.#attemptEnded('this page was left');
      },
    });
  }

  /** Believes the browser, but keeps the connection: a bridge on this computer needs no network. */
  #wentOffline(): void {
    const state = this.#state;
    if (state.is === 'connected') this.#setState({ ...state, is: 'doubtful' });
    else if ((state.is === 'connecting' || state.is === 'waiting') && state.policy === 'reconnect')
      this.#setState({ reason: NO_NETWORK, ...state, is: 'offline' });
  }
}

function isOpen(state: SocketState): state is SocketState & { is: 'connected' | 'doubtful' } {
  return state.is === 'connected' || state.is === 'doubtful';
}

/** @returns The WebSocket or the timer that a state holds. */
function heldBy(state: SocketState): ConnectionAttempt | NextAttempt | undefined {
  if ('attempt' in state) return state.attempt;
  return 'next' in state ? state.next : undefined;
}

function shown(state: SocketState): ConnectionState {
  switch (state.is) {
    case 'waiting':
      return { is: 'waiting', reason: state.reason, nextAtMs: state.next.atMs };
    case 'doubtful':
      return { is: 'offline', reason: NO_NETWORK };
    case 'offline':
    case 'loggedOut':
    case 'ended':
      return { is: state.is, reason: state.reason };
    case 'connecting':
    case 'connected':
      return { is: state.is };
  }
}
