// One WebSocket, from its handshake to its end.
//
//   opening    --opens, or is rejected and then accepted--> reaching
//              --rejected, or no answer in time--> over
//   reaching   --the bridge reports that it has reached the target--> established
//   reaching, established --closes--> over
//   any        --discard()--> over (without an event)
//
// The bridge accepts a WebSocket before it connects to the target, which may take as long as its
// --connect-timeout. It closes the WebSocket if that fails.

import { BufferedSocket } from './bufferedSocket.ts';
import { closeReason } from './closeReason.pure.ts';
import { explainUpgradeFailure, WOULD_UPGRADE } from './upgradeFailure.ts';

/** An attempt that takes longer is abandoned: browsers themselves wait for minutes. */
const OPEN_TIMEOUT_MS = 10_000;

/** The first notice of the bridge (PROTOCOL.md, "Notices"). It precedes what the target sends. */
export const CONNECTED = '{"connected":true}';

/** Each is called at most once, except `received` and `notified`. None is called after `discard`. */
export interface ConnectionAttemptEvents {
  /** The bridge has reached the target. */
  established(): void;
  /** Text from the server, in chunks that may end anywhere. */
  received(text: string): void;
  /** Another notice of the bridge arrived. */
  notified(text: string): void;
  ended(reason: string): void;
}

type AttemptState =
  | { is: 'opening'; deadline: ReturnType<typeof setTimeout> }
  | { is: 'reaching' | 'established' | 'over' };

export class ConnectionAttempt {
  readonly #url: URL;
  readonly #events: ConnectionAttemptEvents;
  #socket: BufferedSocket;
  #state: AttemptState;

  /**
   * Opens a WebSocket.
   *
   * @param url That asks for notices.
   * @param early A WebSocket to this URL that was opened before, to be used instead.
   */
  constructor(url: URL, events: ConnectionAttemptEvents, early?: BufferedSocket) {
    this.#url = url;
    this.#events = events;
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
    this.#state = { is: 'over' };
    this.#socket.close();
  }

  /** @param onRejected Called if the WebSocket closes before it opens. */
  #listen(onRejected: (rejected: BufferedSocket) => void): void {
    const socket = this.#socket;
    const decoder = new TextDecoder();
    socket.listen({
      opened: () => this.#reach(),
      received: (data) => {
        if (this.#state.is === 'over') return;
        if (data === CONNECTED) this.#establish();
        else if (typeof data === 'string') this.#events.notified(data);
        else this.#events.received(decoder.decode(data, { stream: true }));
      },
      closed: (code, reason) => {
        if (this.#state.is === 'opening') onRejected(socket);
        else this.#end(closeReason(code, reason));
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

  #reach(): void {
    if (this.#state.is !== 'opening') return;
    clearTimeout(this.#state.deadline);
    this.#state = { is: 'reaching' };
  }

  #establish(): void {
    if (this.#state.is !== 'reaching') return;
    this.#state = { is: 'established' };
    this.#events.established();
  }

  #end(reason: string): void {
    if (this.#state.is === 'over') return;
    this.discard();
    this.#events.ended(reason);
  }
}
