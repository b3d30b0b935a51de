// One WebSocket, from its handshake to its end.
//
//   opening    --opens, or is rejected and then accepted--> confirming
//              --rejected, or no answer in time--> over
//   confirming --a byte arrives, or the time passes--> established
//   confirming, established --closes--> over
//   any        --discard()--> over (without an event)
//
// The bridge accepts a WebSocket before it knows whether the target does. A target that refuses
// connections would make the state of the page flap, so a WebSocket has to send a byte or stay open
// for a moment before it counts as a connection.

import { BufferedSocket } from './bufferedSocket.ts';
import { closeReason } from './closeReason.pure.ts';
import { explainUpgradeFailure, WOULD_UPGRADE } from './upgradeFailure.ts';

/** An attempt that takes longer is abandoned: browsers themselves wait for minutes. */
const OPEN_TIMEOUT_MS = 10_000;

/** The close code for an unreachable target: PROTOCOL.md, "Close codes". */
const TARGET_FAILED = 1014;

/** Each is called at most once, except `received` and `notified`. None is called after `discard`. */
export interface ConnectionAttemptEvents {
  established(): void;
  /** Text from the server, in chunks that may end anywhere. */
  received(text: string): void;
  /** A text frame arrived, which the bridge itself sent. */
  notified(text: string): void;
  /** @param reachedTarget Whether the bridge may have had a connection to the target. */
  ended(reason: string, reachedTarget: boolean): void;
}

type AttemptState =
  | { is: 'opening'; deadline: ReturnType<typeof setTimeout> }
  | { is: 'confirming'; timer: ReturnType<typeof setTimeout> }
  | { is: 'established' }
  | { is: 'over' };

export class ConnectionAttempt {
  readonly #url: URL;
  readonly #events: ConnectionAttemptEvents;
  readonly #confirmMs: number;
  #socket: BufferedSocket;
  #state: AttemptState;

  /**
   * Opens a WebSocket.
   *
   * @param confirmMs How long it has to stay open before it counts as a connection; 0 for not at
   *   all.
   * @param early A WebSocket to this URL that was opened before, to be used instead.
   */
  constructor(
    url: URL,
    confirmMs: number,
    events: ConnectionAttemptEvents,
    early?: BufferedSocket,
  ) {
    this.#url = url;
    this.#events = events;
    this.#confirmMs = confirmMs;
    const deadline = setTimeout(
      () => this.#end('the bridge did not answer in time'),
      OPEN_TIMEOUT_MS,
    );
    this.#state = { is: 'opening', deadline };
    this.#socket = early ?? new BufferedSocket(url);
    this.#listen((rejected) => this.#explain(rejected));
  }

  send(text: string): void {
    this.#socket.send(text);
  }

  /** Closes the WebSocket. No event follows. */
  discard(): void {
    if (this.#state.is === 'opening') clearTimeout(this.#state.deadline);
    if (this.#state.is === 'confirming') clearTimeout(this.#state.timer);
    this.#state = { is: 'over' };
    this.#socket.close();
  }

  /** @param onRejected Called if the WebSocket closes before it opens. */
  #listen(onRejected: (rejected: BufferedSocket) => void): void {
    const socket = this.#socket;
    const decoder = new TextDecoder();
    let hasReceived = false;
    socket.listen({
      opened: () => this.#confirm(),
      received: (data) => {
        if (this.#state.is === 'over') return;
        hasReceived = true;
        this.#establish();
        if (typeof data === 'string') this.#events.notified(data);
        else this.#events.received(decoder.decode(data, { stream: true }));
      },
      closed: (code, reason) => {
        if (this.#state.is === 'opening') onRejected(socket);
        else this.#end(closeReason(code, reason), code !== TARGET_FAILED || hasReceived);
      },
    });
  }

  /**
   * If the handshake failed because the login cookie had expired, the request that explains the
   * failure renews the cookie (bridge/http/loginCookie.ts): the handshake is repeated once.
   */
  async #explain(rejected: BufferedSocket): Promise<void> {
    const reason = await explainUpgradeFailure(this.#url);
    if (this.#state.is !== 'opening' || this.#socket !== rejected) return;
    if (reason !== WOULD_UPGRADE) return this.#end(reason);
    this.#socket = new BufferedSocket(this.#url);
    this.#listen(() => this.#end(reason));
  }

  #confirm(): void {
    if (this.#state.is !== 'opening') return;
    clearTimeout(this.#state.deadline);
    const timer = setTimeout(() => this.#establish(), this.#confirmMs);
    this.#state = { is: 'confirming', timer };
    if (this.#confirmMs === 0) this.#establish();
  }

  #establish(): void {
    if (this.#state.is !== 'confirming') return;
    clearTimeout(this.#state.timer);
    this.#state = { is: 'established' };
    this.#events.established();
  }

  #end(reason: string, reachedTarget = false): void {
    if (this.#state.is === 'over') return;
    this.discard();
    this.#events.ended(reason, reachedTarget);
  }
}
