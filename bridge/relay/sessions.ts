// All sessions of the bridge: who may open one more, what time does to each, and their common end.

import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { rejectionQuota } from '../../access/localQuota.ts';
import type { Quota, QuotaExceeded, QuotaLease } from '../../access/quota.ts';
import { CLOSE } from './closeCodes.ts';
import { type Browser, Relay, type RelayContext } from './relay.ts';
import { RoundRobin } from './roundRobin.ts';
import { type Due, SessionPolicy, type SessionRules } from './sessionPolicy.ts';
import type { Target } from './targets.ts';

/** How often each session is looked at. */
const SWEEP_MS = 500;

/** How long a stopping bridge waits for both ends to take what is on its way. */
const STOP_DEADLINE_MS = 5_000;

/** Why no further session can be opened, as the metrics name it. */
export type CapacityRule = 'sessions' | 'sessions_per_source' | 'descriptors';

/** The same for the client: the reason of a close frame, or the body of a 503. */
export const EXCEEDED: Record<CapacityRule, string> = {
  sessions: 'the bridge is full: try again later',
  sessions_per_source: 'too many sessions from your address: close one, or try again later',
  descriptors: 'the bridge is out of file descriptors: try again later',
};

const RULE_FOR: Record<QuotaExceeded, CapacityRule> = {
  total: 'sessions',
  source: 'sessions_per_source',
};

const STOPPING = [CLOSE.goingAway, 'the bridge is stopping'] as const;

export interface SessionsContext extends Omit<RelayContext, 'turns'> {
  rules: SessionRules;
  /** How many sessions there may be; with workers, their primary counts. */
  quota: Quota;
}

export class Sessions {
  readonly #context: SessionsContext & RelayContext;
  /** What the quota answered, by the connection whose upgrade is under way. */
  readonly #upgrades = new Map<Socket, QuotaLease | CapacityRule>();
  /** Upgrades that wait for the quota's answer. */
  #acquiring = 0;
  readonly #rejections = rejectionQuota();
  readonly #clocks = new Map<Relay, SessionPolicy>();
  readonly #sweep: NodeJS.Timeout;
  #isStopping = false;
  #onEmpty: () => void = () => {};

  constructor(context: SessionsContext) {
    this.#context = { ...context, turns: new RoundRobin() };
    // After a stall, timers fire before sockets are read: what was received meanwhile comes first.
    this.#sweep = setInterval(() => setImmediate(() => this.#lookAtAll()), SWEEP_MS).unref();
  }

  /**
   * Acquires a lease for the session of an upgrade. `open` takes it over; if the connection closes
   * before that, the lease is released.
   *
   * @param shortage Why no session can be opened, whatever the quota says.
   * @returns Why no session can be opened; `undefined` if one can.
   */
  async acquire(
    socket: Socket,
    source: string,
    shortage?: CapacityRule,
  ): Promise<CapacityRule | undefined> {
    const acquired = shortage ?? (await this.#acquireLease(source));
    const exceeded = typeof acquired === 'string' ? acquired : undefined;
    const release = () => {
      if (this.#upgrades.delete(socket) && typeof acquired !== 'string') acquired.release();
    };
    this.#upgrades.set(socket, acquired);
    if (socket.destroyed) release();
    else socket.once('close', release);
    return exceeded;
  }

  async #acquireLease(source: string): Promise<QuotaLease | CapacityRule> {
    this.#acquiring++;
    try {
      const acquired = await this.#context.quota.acquire(source);
      return typeof acquired === 'string' ? RULE_FOR[acquired] : acquired;
    } finally {
      this.#acquiring--;
    }
  }

  /** How many are open, or about to be. */
  get size(): number {
    return this.#clocks.size + this.#upgrades.size + this.#acquiring;
  }

  /** Whether one more WebSocket may be opened only to be closed with the reason. */
  get canSendRejection(): boolean {
    return !this.#rejections.isFull;
  }

  /** Opens a session. If `acquire` got no lease for it, the WebSocket is closed with 1013. */
  open(browser: Browser, target: Target): void {
    const { metrics, rules } = this.#context;
    if (this.#isStopping) {
      browser.webSocket.close(...STOPPING);
      return;
    }
    const lease = this.#upgrades.get(browser.socket);
    if (lease === undefined) throw new Error('open was called without acquire');
    this.#upgrades.delete(browser.socket);
    if (typeof lease === 'string') {
      metrics.refused(lease);
      this.#reject(browser.webSocket, EXCEEDED[lease]);
      return;
    }
    const tally = metrics.countersOf(target.name);
    tally.opened++;
    tally.open++;
    const relay = new Relay(browser, target, this.#context, () => {
      this.#clocks.delete(relay);
      tally.open--;
      lease.release();
      if (this.#clocks.size === 0) this.#onEmpty();
    });
    this.#clocks.set(relay, new SessionPolicy(rules, performance.now()));
  }

  /**
   * Closes every session with 1001, once what is on its way has arrived,
   * or the deadline has passed.
   */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearInterval(this.#sweep);
    if (this.#clocks.size === 0) return;
    const empty = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    const deadline = setTimeout(() => {
      for (const relay of this.#clocks.keys()) relay.destroy();
    }, STOP_DEADLINE_MS);
    for (const relay of this.#clocks.keys()) relay.stop(...STOPPING);
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
    this.#context.metrics.closed(CLOSE.tryAgainLater);
    webSocket.close(CLOSE.tryAgainLater, reason);
  }

  #lookAtAll(): void {
    if (this.#isStopping) return;
    const now = performance.now();
    for (const [relay, clock] of this.#clocks) this.#do(clock.due(now, relay.counts), relay);
  }

  #do(due: Due | undefined, relay: Relay): void {
    const { idleTimeoutMs, maxLifetimeMs, maxMessagesPerSecond } = this.#context.rules;
    switch (due) {
      case undefined:
        return;
      case 'ping':
        relay.ping();
        return;
      case 'gone':
        relay.terminate();
        return;
      case 'idle':
        relay.close(CLOSE.ruleBroken, `nothing was said for ${idleTimeoutMs / 1000} s`);
        return;
      case 'tooOld':
        relay.close(CLOSE.ruleBroken, `a session lasts no longer than ${maxLifetimeMs / 1000} s`);
        return;
      case 'tooFast':
        relay.closeAndStopReading(
          CLOSE.ruleBroken,
          `no more than ${maxMessagesPerSecond} messages a second`,
        );
        return;
      default:
        due satisfies never;
    }
  }
}
