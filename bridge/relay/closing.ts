// Ends a relay: performs what the states of closing.pure.ts mean. Each side gets all that the other
// sent before it ended.
//
// - The target ends its stream: the browser gets the remaining bytes, then close code 1000.
// - The connection to the target fails: the same, with close code 1014 and the cause.
// - The browser's WebSocket closes: the target gets the remaining bytes, then the end of the
//   stream. It may continue to send, for DRAIN_DEADLINE_MS at most; those bytes are read and
//   discarded.
// - The bridge stops: the same, but the connection to a target that has received everything is
//   closed as soon as the target has sent nothing for QUIET_MS.

import type { WebSocket } from 'ws';
import type { Metrics } from '../metrics.ts';
import type { CloseCode } from './closeCodes.ts';
import { type ClosingEvent, type ClosingState, nextState, sentCode } from './closing.pure.ts';
import type { TargetSocket } from './connectTarget.ts';
import type { ToTarget } from './toTarget.ts';

/** How long a target may continue to send after the browser has disconnected. */
const DRAIN_DEADLINE_MS = 30_000;

const QUIET_MS = 500;

export interface ClosingContext {
  webSocket: WebSocket;
  targetSocket: TargetSocket;
  metrics: Metrics;
  toTarget: ToTarget;
  /** Called once, when both connections are closed. */
  onEnd: () => void;
}

export class Closing {
  readonly #context: ClosingContext;
  #state: ClosingState = { is: 'open' };

  constructor(context: ClosingContext) {
    this.#context = context;
  }

  /** Sends a close frame, unless one was sent or received before. */
  sendClose(code: CloseCode, reason: string): void {
    const { webSocket } = this.#context;
    // ws does nothing in any other state.
    if (webSocket.readyState === webSocket.OPEN) this.closeSent(code);
    webSocket.close(code, reason);
  }

  /**
   * A close frame of the bridge was sent. Its code goes into the metrics, because the browser's own
   * close frame may not arrive, or not be read.
   */
  closeSent(code: number): void {
    this.#move({ is: 'closeSent', code });
  }

  /** Like `sendClose`, while the bridge stops. */
  stop(code: CloseCode, reason: string): void {
    this.#move({ is: 'stop' });
    this.sendClose(code, reason);
  }

  /** @param code The code as ws reports it: that of the browser's close frame. */
  browserClosed(code: number): void {
    this.#context.metrics.recordClose(sentCode(this.#state) ?? code);
    this.#move({ is: 'browserClosed' });
  }

  targetClosed(): void {
    this.#move({ is: 'targetClosed' });
  }

  #move(event: ClosingEvent): void {
    const previous = this.#state;
    this.#state = nextState(previous, event);
    if (this.#state.is === previous.is) return;
    switch (this.#state.is) {
      case 'draining':
        this.#drain();
        return;
      case 'settling':
        if (previous.is !== 'draining') this.#drain();
        this.#destroyOnceQuiet();
        return;
      case 'ended':
        this.#context.onEnd();
    }
  }

  /** Ends the stream to the target, and discards what the target still sends. */
  #drain(): void {
    const { targetSocket, toTarget } = this.#context;
    if (targetSocket.connecting) {
      targetSocket.destroy();
      return;
    }
    toTarget.end();
    targetSocket.resume();
    const deadline = setTimeout(() => targetSocket.destroy(), DRAIN_DEADLINE_MS).unref();
    targetSocket.once('close', () => clearTimeout(deadline));
  }

  // Closing a connection with unread bytes resets it, and the target loses what it has not read.
  #destroyOnceQuiet(): void {
    const { targetSocket } = this.#context;
    const awaitQuiet = () => targetSocket.setTimeout(QUIET_MS, () => targetSocket.destroy());
    if (targetSocket.writableFinished) awaitQuiet();
    else targetSocket.once('finish', awaitQuiet);
  }
}
