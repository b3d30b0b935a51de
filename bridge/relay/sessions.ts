// All sessions of the bridge: opens them within a quota, applies the timing rules to each, and ends
// them together when the bridge stops. A session is one WebSocket and its TCP connection
// (relay.ts).
//
// Opening takes two steps, because the quota may be counted in another process, and its result has
// to be known before the upgrade:
// 1. `acquire`, before the upgrade, requests a lease from the quota. The result is kept with the
//    TCP connection of the upgrade. If that closes, the lease is released.
// 2. `open`, after the upgrade, passes the lease to the session, which releases it when it ends.
//
// Without a lease, a program gets status 503. Scripts on a page cannot read the status of a failed
// WebSocket: for a page the upgrade succeeds, and the WebSocket is closed with code 1013 and the
// reason. The number of WebSockets that exist only for that is limited (`rejectionQuota`).

import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { rejectionQuota } from '../../access/localQuota.ts';
import type { Quota, QuotaExceeded, QuotaLease } from '../../access/quota.ts';
import { CLOSE } from './closeCodes.ts';
import { type BrowserConnection, Relay, type RelayContext } from './relay.ts';
import { RoundRobin } from './roundRobin.ts';
import { type PolicyAction, SessionPolicy, type SessionRules } from './sessionPolicy.ts';
import type { Target } from './targets.ts';

/** How often the policy of each session is checked. */
const CHECK_INTERVAL_MS = 500;

/** How long a stopping bridge waits until both sides have received what is in transit. */
const STOP_DEADLINE_MS = 5_000;

/** The limit that was exceeded, as the metrics name it. */
export type ExceededLimit = 'sessions' | 'sessions_per_source' | 'descriptors';

/** The text for the client: the reason of a close frame, or the body of a 503. */
export const LIMIT_REASON: Record<ExceededLimit, string> = {
  sessions: 'the bridge is full: try again later',
  sessions_per_source: 'too many sessions from your address: close one, or try again later',
  descriptors: 'the bridge is out of file descriptors: try again later',
};

const LIMIT_OF_QUOTA: Record<QuotaExceeded, ExceededLimit> = {
  total: 'sessions',
  source: 'sessions_per_source',
};

const STOPPING = [CLOSE.goingAway, 'the bridge is stopping'] as const;

export interface SessionsContext extends Omit<RelayContext, 'roundRobin'> {
  rules: SessionRules;
  /** The quota for sessions. In a bridge with workers, the primary counts it. */
  quota: Quota;
}

export class Sessions {
  readonly #context: SessionsContext & RelayContext;
  /** The results of the quota, by the connection whose upgrade is in progress. */
  readonly #upgrades = new Map<Socket, QuotaLease | ExceededLimit>();
  /** How many upgrades wait for the quota. */
  #pendingAcquires = 0;
  readonly #policies = new Map<Relay, SessionPolicy>();
  readonly #rejections = rejectionQuota();
  readonly #checkTimer: NodeJS.Timeout;
  #isStopping = false;
  #onEmpty: () => void = () => {};

  constructor(context: SessionsContext) {
    this.#context = { ...context, roundRobin: new RoundRobin() };
    // After a stall of the event loop, timers run before sockets are read. setImmediate runs after
    // that, so that data which arrived during the stall counts as activity.
    const check = () => setImmediate(() => this.#checkAll());
    this.#checkTimer = setInterval(check, CHECK_INTERVAL_MS).unref();
  }

  /**
   * Acquires a lease for the session of an upgrade. `open` takes it over; if the connection closes
   * before that, the lease is released.
   *
   * @param shortage A limit that is already exceeded; the quota is then not used.
   * @returns The limit that is exceeded; `undefined` if a session can be opened.
   */
  async acquire(
    socket: Socket,
    source: string,
    shortage?: ExceededLimit,
  ): Promise<ExceededLimit | undefined> {
    const acquired = shortage ?? (await this.#acquireLease(source));
    const release = () => {
      if (this.#upgrades.delete(socket) && typeof acquired !== 'string') acquired.release();
    };
    this.#upgrades.set(socket, acquired);
    if (socket.destroyed) release();
    else socket.once('close', release);
    return typeof acquired === 'string' ? acquired : undefined;
  }

  async #acquireLease(source: string): Promise<QuotaLease | ExceededLimit> {
    this.#pendingAcquires++;
    try {
      const acquired = await this.#context.quota.acquire(source);
      return typeof acquired === 'string' ? LIMIT_OF_QUOTA[acquired] : acquired;
    } finally {
      this.#pendingAcquires--;
    }
  }

  /** How many sessions are open, or about to be opened. */
  get size(): number {
    return this.#policies.size + this.#upgrades.size + this.#pendingAcquires;
  }

  /** Whether another page may be upgraded in order to be sent the reason. */
  get canSendRejection(): boolean {
    return !this.#rejections.isFull;
  }

  /** Opens a session. If `acquire` got no lease for it, the WebSocket is closed with 1013. */
  open(browser: BrowserConnection, target: Target): void {
    const { metrics, rules } = this.#context;
    if (this.#isStopping) {
      browser.webSocket.close(...STOPPING);
      return;
    }
    const acquired = this.#upgrades.get(browser.socket);
    if (acquired === undefined) throw new Error('open was called without acquire');
    this.#upgrades.delete(browser.socket);
    if (typeof acquired === 'string') {
      metrics.recordRejection(acquired);
      this.#reject(browser.webSocket, LIMIT_REASON[acquired]);
      return;
    }
    const counters = metrics.countersOf(target.name);
    counters.opened++;
    counters.open++;
    const relay = new Relay(browser, target, this.#context, () => {
      this.#policies.delete(relay);
      counters.open--;
      acquired.release();
      if (this.#policies.size === 0) this.#onEmpty();
    });
    this.#policies.set(relay, new SessionPolicy(rules, performance.now()));
  }

  /**
   * Closes every session with 1001, and waits until both sides have received what is in transit, or
   * until the deadline.
   */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearInterval(this.#checkTimer);
    if (this.#policies.size === 0) return;
    const empty = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    const deadline = setTimeout(() => {
      for (const relay of this.#policies.keys()) relay.destroy();
    }, STOP_DEADLINE_MS);
    for (const relay of this.#policies.keys()) relay.stop(...STOPPING);
    await empty;
    clearTimeout(deadline);
  }

  #reject(webSocket: WebSocket, reason: string): void {
    const lease = this.#rejections.acquire();
    if (typeof lease === 'string') {
      webSocket.terminate();
      return;
    }
    webSocket.once('close', () => lease.release());
    this.#context.metrics.recordClose(CLOSE.tryAgainLater);
    webSocket.close(CLOSE.tryAgainLater, reason);
  }

  #checkAll(): void {
    if (this.#isStopping) return;
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
