// All sessions of the bridge: who may open one more, what time does to each, and their common end.

import type { WebSocket } from 'ws';
import type { ConnectionLimits } from '../access/connectionLimits.ts';
import { CLOSE } from './closeCodes.ts';
import { type Browser, Relay, type RelayContext } from './relay.ts';
import { type Due, SessionClock, type SessionRules } from './sessionClock.ts';
import type { Target } from './targets.ts';
import { Turns } from './turns.ts';

/** How often each session is looked at. */
const SWEEP_MS = 500;

/** How long a stopping bridge waits for both ends to take what is on its way. */
const STOP_DEADLINE_MS = 5_000;

/** Why there is no room, in words. */
export const FULL: Record<'sessions' | 'sessions_per_source', string> = {
  sessions: 'the bridge is full: try again later',
  sessions_per_source: 'too many sessions from your address: close one, or try again later',
};

const STOPPING = [CLOSE.goingAway, 'the bridge is stopping'] as const;

export interface SessionsContext extends Omit<RelayContext, 'turns'> {
  rules: SessionRules;
  limits: ConnectionLimits;
}

export class Sessions {
  readonly #context: SessionsContext & RelayContext;
  readonly #clocks = new Map<Relay, SessionClock>();
  readonly #sweep: NodeJS.Timeout;
  #isStopping = false;
  #onEmpty: () => void = () => {};

  constructor(context: SessionsContext) {
    this.#context = { ...context, turns: new Turns() };
    this.#sweep = setInterval(() => this.#lookAtAll(), SWEEP_MS).unref();
  }

  /** Why there is no room for one more of a source; `undefined` where there is. */
  fullFor(source: string): keyof typeof FULL | undefined {
    const { limits } = this.#context;
    if (limits.isFull) return 'sessions';
    return limits.isFullFor(source) ? 'sessions_per_source' : undefined;
  }

  /** Whether one more may be let in only to be told that there is no room. */
  get hasRoomToTell(): boolean {
    return this.#context.limits.hasFarewellLeft;
  }

  /** Opens a session; where there is no room for one, the WebSocket is closed with 1013. */
  open(browser: Browser, source: string, target: Target): void {
    const { metrics, rules } = this.#context;
    if (this.#isStopping) {
      browser.webSocket.close(...STOPPING);
      return;
    }
    const full = this.#claim(source);
    if (full !== undefined) {
      metrics.refused(full);
      this.#turnAway(browser.webSocket, FULL[full]);
      return;
    }
    const tally = metrics.tallyOf(target.name);
    tally.opened++;
    tally.open++;
    const relay = new Relay(browser, target, this.#context, () => {
      this.#clocks.delete(relay);
      tally.open--;
      this.#release(source);
      if (this.#clocks.size === 0) this.#onEmpty();
    });
    this.#clocks.set(relay, new SessionClock(rules, performance.now()));
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

  #claim(source: string): keyof typeof FULL | undefined {
    const { limits } = this.#context;
    if (!limits.enter()) return 'sessions';
    if (limits.arrive(source)) return undefined;
    limits.leave();
    return 'sessions_per_source';
  }

  #release(source: string): void {
    this.#context.limits.depart(source);
    this.#context.limits.leave();
  }

  #turnAway(webSocket: WebSocket, why: string): void {
    const { limits } = this.#context;
    if (!limits.beginFarewell()) {
      webSocket.terminate();
      return;
    }
    webSocket.once('close', () => limits.endFarewell());
    this.#context.metrics.closed(CLOSE.tryAgainLater);
    webSocket.close(CLOSE.tryAgainLater, why);
  }

  #lookAtAll(): void {
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
        relay.giveUp();
        return;
      case 'idle':
        relay.close(CLOSE.ruleBroken, `nothing was said for ${idleTimeoutMs / 1000} s`);
        return;
      case 'tooOld':
        relay.close(CLOSE.ruleBroken, `a session lasts no longer than ${maxLifetimeMs / 1000} s`);
        return;
      case 'tooFast':
        relay.cutOff(CLOSE.ruleBroken, `no more than ${maxMessagesPerSecond} messages a second`);
        return;
      default:
        due satisfies never;
    }
  }
}
