// All sessions of the bridge: opens them, applies the timing rules to each, and ends them together
// when the bridge stops. A session is one WebSocket and its TCP connection (relay.ts).
//
//   state      event                        next
//   running    stop                         stopping; stopped, if there is no session
//   stopping   the last session has ended   stopped
//
// Sessions are opened while running only. A WebSocket that opens later is closed with 1001.

import type { WebSocket } from 'ws';
import type { QuotaLease } from '../../access/quota.ts';
import { CLOSE } from './closeCodes.ts';
import { type BrowserConnection, Relay, type RelayContext } from './relay.ts';
import { RoundRobin } from './roundRobin.ts';
import { type PolicyAction, SessionPolicy, type SessionRules } from './sessionPolicy.pure.ts';
import { type ExceededLimit, LIMIT_REASON } from './sessionQuota.ts';
import type { Target } from './targets.ts';

/** How often the policy of each session is checked. */
const CHECK_INTERVAL_MS = 500;

/** How long a stopping bridge waits until both sides have received what is in transit. */
const STOP_DEADLINE_MS = 5_000;

const STOPPING = [CLOSE.goingAway, 'the bridge is stopping'] as const;

export interface SessionsContext extends Omit<RelayContext, 'roundRobin'> {
  rules: SessionRules;
}

type State =
  | { readonly is: 'running'; readonly checkTimer: NodeJS.Timeout }
  | { readonly is: 'stopping'; readonly onEmpty: () => void }
  | { readonly is: 'stopped' };

export class Sessions {
  readonly #context: SessionsContext & RelayContext;
  readonly #policies = new Map<Relay, SessionPolicy>();
  #state: State;

  constructor(context: SessionsContext) {
    this.#context = { ...context, roundRobin: new RoundRobin() };
    // After a stall of the event loop, timers run before sockets are read. setImmediate runs after
    // that, so that data which arrived during the stall counts as activity.
    const check = () => setImmediate(() => this.#checkAll());
    this.#state = { is: 'running', checkTimer: setInterval(check, CHECK_INTERVAL_MS).unref() };
  }

  /**
   * Opens a session, which takes over the lease of its upgrade: if the connection to the browser
   * closes, the session may still have to send to the target.
   */
  open(browser: BrowserConnection, target: Target, { release }: QuotaLease): void {
    if (this.#state.is !== 'running') {
      browser.webSocket.close(...STOPPING);
      return;
    }
    browser.socket.off('close', release);
    const { metrics } = this.#context;
    metrics.recordSubprotocol(target.name, browser.webSocket.protocol);
    const counters = metrics.countersOf(target.name);
    counters.opened++;
    counters.open++;
    const relay = new Relay(browser, target, this.#context, () => {
      counters.open--;
      release();
      this.#remove(relay);
    });
    this.#policies.set(relay, new SessionPolicy(this.#context.rules, performance.now()));
  }

  /** Closes the WebSocket of a page with 1013 and the reason. */
  reject(webSocket: WebSocket, limit: ExceededLimit): void {
    if (this.#state.is !== 'running') {
      webSocket.close(...STOPPING);
      return;
    }
    const { metrics } = this.#context;
    metrics.recordRejection(limit);
    metrics.recordClose(CLOSE.tryAgainLater);
    webSocket.close(CLOSE.tryAgainLater, LIMIT_REASON[limit]);
  }

  /**
   * Closes every session with 1001, and waits until both sides have received what is in transit, or
   * until the deadline. Their recordings are then complete.
   */
  async stop(): Promise<void> {
    if (this.#state.is !== 'running') return;
    clearInterval(this.#state.checkTimer);
    if (this.#policies.size > 0) await this.#stopAll();
    this.#state = { is: 'stopped' };
    await this.#context.recorder?.close();
  }

  async #stopAll(): Promise<void> {
    const empty = new Promise<void>((onEmpty) => {
      this.#state = { is: 'stopping', onEmpty };
    });
    const deadline = setTimeout(() => {
      for (const relay of this.#policies.keys()) relay.destroy();
    }, STOP_DEADLINE_MS);
    for (const relay of this.#policies.keys()) relay.stop(...STOPPING);
    await empty;
    clearTimeout(deadline);
  }

  #remove(relay: Relay): void {
    this.#policies.delete(relay);
    if (this.#state.is === 'stopping' && this.#policies.size === 0) this.#state.onEmpty();
  }

  #checkAll(): void {
    if (this.#state.is !== 'running') return;
    const now = performance.now();
    for (const [relay, policy] of this.#policies) {
      this.#apply(policy.check(now, relay.status), relay);
    }
  }

  #apply(action: PolicyAction | undefined, relay: Relay): void {
    const { idleTimeoutMs, maxLifetimeMs, maxMessagesPerSecond } = this.#context.rules;
    switch (action) {
      case undefined:
        return;
      case 'ping':
        relay.ping();
        return;
      case 'terminateUnresponsive':
        relay.terminate();
        return;
      case 'closeIdle':
        relay.close(CLOSE.ruleBroken, `idle: no data for ${idleTimeoutMs / 1000} s`);
        return;
      case 'closeExpired':
        relay.close(
          CLOSE.ruleBroken,
          `the session reached its maximum lifetime of ${maxLifetimeMs / 1000} s`,
        );
        return;
      case 'closeTooFast':
        relay.closeAndStopReading(
          CLOSE.ruleBroken,
          `more than ${maxMessagesPerSecond} messages per second`,
        );
        return;
      default:
        action satisfies never;
    }
  }
}
